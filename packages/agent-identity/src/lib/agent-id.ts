import { invalidOption } from '@outbound-auth/core/provider'
import { buildError } from './agent-error.js'

/**
 * Which characters the ids of agents and tasks may have. The server chooses them and the agent signs them, so a free
 * choice would make the agent sign texts of other protocols (an HTTP message signature, say).
 *
 * - `'unreserved'`: letters and digits of ASCII, `.`, `_`, `~`, `-`, at most 256.
 * - `'printable'`: everything but colons, quotes, backslashes, blanks and control characters.
 * - `'dangerously-any'`: everything, the empty text too. The key must serve nothing else then.
 */
export type AgentIdCharacters = 'unreserved' | 'printable' | 'dangerously-any'

/** A path of one or two dots would climb out of where the id belongs, escaped or not. */
// A lone surrogate would be signed as one character and sent as another, so none is let in.
const patterns: Readonly<Record<AgentIdCharacters, RegExp>> = {
  unreserved: /^(?!\.\.?$)[\w.~-]{1,256}$/,
  printable: /^(?!\.\.?$)[^:"'`\\\s\p{C}\p{Z}]{1,256}$/u,
  'dangerously-any': /^\P{Cs}{0,1024}$/u,
}

/**
 * @internal
 * @throws AuthError `ERR_AUTH_AGENT_ID` (build), without the id
 * @throws TypeError when `characters` is none of the three
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
