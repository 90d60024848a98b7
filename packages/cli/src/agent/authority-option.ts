import { usageError } from '../lib/command-error.js'
import { parseUrl } from '../target/target-url.js'

/** The base URL that `--authority` names. @throws CommandError `ERR_CLI_USAGE` */
export function authorityOption(authority = 'https://auth.openai.com/api/accounts'): string {
  const { href, origin, pathname } = parseUrl(authority)
  if (href !== origin + pathname) throw usageError('--authority takes no query and no fragment')
  return href
}
