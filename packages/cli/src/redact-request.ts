import type { AuthProvider, HeaderMap } from '@outbound-auth/core'

/** What decides about the values of a request that may be shown. */
export interface RedactionRules {
  readonly provider: AuthProvider
  readonly headers?: HeaderMap | undefined
  readonly secretHeaderNames?: readonly string[] | undefined
}

/** Stands for a value that is not shown. */
export const redacted = '[redacted]'

/** Values of these are no secret in any API; every other header that the caller gives may be one. */
const shownHeaders =
  /^(accept(-.*)?|cache-control|content-(type|length|encoding|language)|if-.*|pragma|range|user-agent)$/

/** Names that mean a secret wherever they stand, whether or not this request's provider uses them. */
const secretName =
  /^(key|sig|code|auth|cookie|set-cookie)$|authorization|credential|password|secret|signature|token|api-?_?key/i

/** Narrower than `secretName`: an answer says how many tokens are left. */
const secretAnswer = /^set-cookie2?$|authorization|secret|api-?key|[_-]token$/

/** The headers with every value hidden that is not known to be harmless: a list of secret names is never complete. */
export function redactHeaders(
  headers: Iterable<readonly [string, string]>,
  rules: RedactionRules,
): [string, string][] {
  const hidden = new Set([...rules.provider.headerNames, ...(rules.secretHeaderNames ?? [])])
  return [...headers].map(([name, value]) => {
    const isStatic = rules.headers?.get(name) === value
    const isShown = !hidden.has(name) && (isStatic || shownHeaders.test(name)) && !secretName.test(name)
    return [name, isShown ? value : redacted]
  })
}

/** The headers of an answer, with those values hidden that are credentials. */
export function redactAnswer(headers: Iterable<readonly [string, string]>): [string, string][] {
  return [...headers].map(([name, value]) => [name, secretAnswer.test(name) ? redacted : value])
}

/** The URL with the values of secret query parameters hidden; for reading, not for sending. */
export function redactUrl(url: string, { provider }: Pick<RedactionRules, 'provider'>): string {
  const [target = ''] = url.split('#', 1)
  const start = target.indexOf('?') + 1
  if (start === 0) return target
  const pairs = target.slice(start).split('&')
  const shown = pairs.map((pair) => {
    const [name = ''] = pair.split('=', 1)
    const [[decoded] = ['']] = new URLSearchParams(`${name}=`)
    const isSecret = provider.queryNames?.includes(decoded) || secretName.test(decoded)
    return isSecret ? `${name}=${redacted}` : pair
  })
  return target.slice(0, start) + shown.join('&')
}
