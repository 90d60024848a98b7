import { invalidOption } from '@outbound-auth/core/provider'
import { buildError } from './agent-error.js'

/**
 * The characters that ids of agents and tasks may have. The server chooses the ids and the agent signs them, so a free
 * choice would let the server get signatures of messages of other protocols, such as an HTTP message signature.
 *
 * - `'unreserved'`: letters and digits of ASCII, `.`, `_`, `~`, `-`, at most 256.
 * - `'printable'`: all characters except colons, quotes, backslashes, whitespace and control characters.
 * - `'dangerously-any'`: all characters, and the empty string. Use the key for nothing else then.
 */
export type AgentIdCharacters = 'unreserved' | 'printable' | 'dangerously-any'

/**
 * An id of one or two dots would change the path of a URL, escaped or not. A lone surrogate would be signed as one
 * character and sent as another, so it is not allowed.
 */
const patterns: Readonly<Record<AgentIdCharacters, RegExp>> = {
  unreserved: /^(?!\.\.?$)[\w.~-]{1,256}$/,
  printable: /^(?!\.\.?$)[^:"'`\\\s\p{C}\p{Z}]{1,256}$/u,
  'dangerously-any': /^\P{Cs}{0,1024}$/u,
}

/**
 * @internal Checks an id, and returns it.
 *
 * @throws AuthError `ERR_AUTH_AGENT_ID` (build), without the id
 * @throws TypeError when `characters` is not one of the three
 */
export function checkAgentId(
  name: string,
  id: unknown,
  characters: AgentIdCharacters = 'unreserved',
): string {
  const pattern = Object.hasOwn(patterns, characters) && patterns[characters]
  if (!pattern)
    throw invalidOption(
      'Cannot sign as an agent',
      'idCharacters',
      Object.keys(patterns).join(' or '),
      characters,
    )
  if (typeof id === 'string' && pattern.test(id)) return id
  throw buildError(
    `Cannot sign as an agent: ${name} has other characters than idCharacters allows`,
    'ERR_AUTH_AGENT_ID',
  )
}
