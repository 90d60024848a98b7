import { AuthError } from './auth-error.js'
import { checkOptions } from './check-options.js'
import { describeShape, isPromise } from './describe-shape.js'
import { checkHeaderValue } from './header-map.js'

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
 * Rejects what cannot be a token or key: no string, an empty one, one that is no legal header value, one with whitespace
 * around it, which `fetch` would drop without a word, and an obvious placeholder: `undefined`, `null`, a value in quotes,
 * `$NAME`, `<token>`. The token is not in the error.
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
  if (typeof token !== 'string')
    throw invalid(`must be a string, got ${describeShape(token)}${shapeHint(token)}`)
  if (!token.trim()) throw invalid('is empty')
  if (!allowAnyText) {
    const problem = placeholderProblem(token.trim())
    if (problem) throw invalid(problem)
  }
  checkHeaderValue(`for the ${kind} credential`, token, kind)
  if (token.trim() !== token) throw invalid('has whitespace before or after it: trim it')
  return token
}

/**
 * Says what is wrong with a credential that nobody can have meant, and what to write instead; undefined for any other
 * string. Passwords may be anything, so do not ask this about one.
 */
export function placeholderProblem(text: string): string | undefined {
  if (/^(undefined|null|NaN)$/.test(text))
    return `is the word ${text}: a variable or property had no value, and was turned into a string`
  if (/^\[object \w+\]$/.test(text)) return 'is an object that was turned into a string: pass its token'
  if (/^(["'`]).*\1$/s.test(text)) return 'is in quotes: remove them'
  const variable =
    /^(?:\$\{([A-Z_][A-Z\d_]*)\}|\$([A-Z_][A-Z\d_]*)|%([A-Z_][A-Z\d_]*)%|\{\{ ?([A-Z_][A-Z\d_]*) ?\}\})$/.exec(
      text,
    )
  if (variable) {
    const name = variable.slice(1).find((part) => part) ?? ''
    return `is the name of a variable, not its value: write { env: '${name}' } in a definition, or process.env.${name}`
  }
  if (/^<[^<>]*>$/.test(text)) return 'is a placeholder in angle brackets: put the value there'
  return undefined
}

/** What to do about a credential of the wrong shape. */
function shapeHint(value: unknown): string {
  if (value === undefined || value === null) return ': is the variable or property set?'
  if (isPromise(value)) return ': pass the function itself, or await it'
  if (typeof value === 'function') return ': return the string that the function returns'
  if (typeof value !== 'object') return ''
  const names = Object.keys(value)
  if (names.some((name) => /^(access_?token|id_?token)$/i.test(name)))
    return ': return { token: response.access_token }, with expiresAt: Date if it expires'
  const [name = ''] = names
  const meant = ['env', 'file', 'command'].find((reference) => isNear(name, reference))
  if (names.length !== 1 || !meant) return ': a source returns a string or { token, expiresAt }'
  return name === meant
    ? `: a reference is read by createResolver, not here`
    : `: did you mean ${meant}? A definition takes { env }, { file } or { command }`
}

/** Whether a name is a misspelling of another, or has it inside: `enviroment` of `env`. */
function isNear(name: string, wanted: string): boolean {
  const lower = name.toLowerCase()
  if (lower.startsWith(wanted) || wanted.startsWith(lower.slice(0, 3))) return true
  return [...lower].sort().join('') === [...wanted].sort().join('')
}
