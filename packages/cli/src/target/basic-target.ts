import { usageError } from '../lib/command-error.js'
import type { Choice } from './choose-provider.js'

/**
 * The choice that `-u` makes: Basic authentication for the origin of the URL, and for no other.
 *
 * @throws CommandError `ERR_CLI_USAGE`, without the password
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export function basicChoice(user: string, url: URL | undefined): Choice {
  if (!url) throw usageError('-u needs a whole URL: a path is appended to the base_url of a provider')
  if (!/^[^:]+:/.test(user)) throw usageError('-u takes USER:PASSWORD: write both, with a colon between them')
  return {
    name: '-u',
    place: 'command line',
    locate: () => '-u',
    definition: {
      kind: 'api-key',
      key: Buffer.from(user).toString('base64'),
      header: 'authorization',
      prefix: 'Basic ',
      allowedOrigins: [url.origin],
    },
    warning: undefined,
    trace: [{ rule: '-u', outcome: 'chosen', because: 'it was given' }],
  }
}
