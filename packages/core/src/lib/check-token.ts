import { AuthError } from '../contract/auth-error.js'
import { describeShape } from '../contract/describe-shape.js'
import { checkHeaderValue } from '../contract/header-map.js'
import { checkOptions } from './check-options.js'

/** Options of {@link checkToken}. */
export interface CheckTokenOptions {
  /**
   * Accepts every string that a header may hold, also one that looks like a placeholder.
   *
   * @default false
   */
  readonly allowAnyText?: boolean | undefined
}

/**
 * Rejects what cannot be a token or key: no string, an empty one, one that is no legal header value, one with
 * whitespace around it, which `fetch` would drop without a word, and an obvious placeholder: `undefined`, `null`, a
 * value in quotes, `$NAME`, `<token>`. The token is not in the error.
 *
 * @param kind the kind of the provider, for the error
 * @returns the token, unchanged
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL` or `ERR_AUTH_HEADER_VALUE` (build)
 */
export function checkToken(token: unknown, kind: string, options: CheckTokenOptions = {}): string {
  const { allowAnyText } = checkOptions('checkToken', options, ['allowAnyText'])
  const invalid = (what: string) =>
    AuthError.build(`The ${kind} credential ${what}`, { code: 'ERR_AUTH_CREDENTIAL', provider: kind })
  if (typeof token !== 'string') throw invalid(`must be a string, got ${describeShape(token)}`)
  const trimmed = token.trim()
  if (!trimmed) throw invalid('is empty')
  const problem = allowAnyText ? undefined : placeholderProblem(trimmed)
  if (problem) throw invalid(problem)
  checkHeaderValue(`for the ${kind} credential`, token, kind)
  if (trimmed !== token) throw invalid('has whitespace before or after it: trim it')
  return token
}

/**
 * Says what is wrong with a credential that nobody can have meant, and what to write instead; undefined for any other
 * string. Passwords may be anything, so do not ask this about one.
 */
export function placeholderProblem(text: string): string | undefined {
  if (/^(undefined|null|NaN|\[object \w+\])$/.test(text))
    return `is the text ${text}: a variable or property had no value, or an object was turned into a string`
  if (/^(["'`]).*\1$/s.test(text)) return 'is in quotes: remove them'
  const [, name] = /^\$\{?([A-Z_][A-Z\d_]*)\}?$/.exec(text) ?? []
  if (name)
    return `is the name of a variable, not its value: write { env: '${name}' } in a definition, or process.env.${name}`
  return /^(<[^<>]*>|%[A-Z_][A-Z\d_]*%|\{\{ ?[A-Z_][A-Z\d_]* ?\}\})$/.test(text)
    ? 'is a placeholder: put the value there'
    : undefined
}
