import type { AuthProvider, HeaderMap } from '@outbound-auth/core'
import { namesSecret } from '@outbound-auth/core/command'

/** The rules that decide which values of a request may be shown. */
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

/** A count, a duration or an instant: a response says how many tokens are left. */
const harmlessAmount = /^[\dTZsmh.:+-]{1,30}$/

/** The headers with every value hidden that is not known to be harmless: a list of secret names is never complete. */
export function redactHeaders(
  headers: Iterable<readonly [string, string]>,
  rules: RedactionRules,
): [string, string][] {
  const hidden = new Set([...rules.provider.headerNames, ...(rules.secretHeaderNames ?? [])])
  return [...headers].map(([name, value]) => {
    const isStatic = rules.headers?.get(name) === value
    const isShown = !hidden.has(name) && (isStatic || shownHeaders.test(name)) && !namesSecret(name)
    return [name, isShown ? value : redacted]
  })
}

/** The headers of a response. Credentials are hidden, also in the URL of a redirect. */
export function redactResponse(headers: Iterable<readonly [string, string]>): [string, string][] {
  return [...headers].map(([name, value]) => {
    const isAmount = name.includes('tokens') && harmlessAmount.test(value)
    if (namesSecret(name) && !isAmount && !name.startsWith('access-control-')) return [name, redacted]
    const isLink = /^((content-)?location|link|refresh)$/.test(name)
    return [name, isLink ? value.replace(/[^\s<>,;"']*\?[^\s<>,"']*/g, (url) => redactUrl(url)) : value]
  })
}

/**
 * The URL with the values of secret query parameters hidden; for reading, not for sending.
 *
 * Hidden are those of the provider, those whose names mean a secret, and those that have the form of a token, or such a
 * parameter, in their value.
 */
export function redactUrl(url: string, rules?: Pick<RedactionRules, 'provider'>): string {
  const [target = ''] = url.split('#', 1)
  const start = target.indexOf('?') + 1
  const place = start === 0 ? target : target.slice(0, start)
  const plain = place.replace(/^([a-z][a-z\d+.-]*:)?\/\/[^/?]*@/i, `$1//${redacted}@`)
  if (start === 0) return plain
  const credentialNames = rules?.provider.queryNames ?? []
  // A semicolon separates parameters, too, for some servers.
  const pairs = target.slice(start).split(/([&;])/)
  const shown = pairs.map((pair) => {
    const [name = ''] = pair.split('=', 1)
    const value = decoded(pair.slice(name.length + 1))
    const isSecret =
      credentialNames.includes(decoded(name)) || namesSecret(decoded(name)) || holdsSecret(value)
    return isSecret && pair !== name ? `${name}=${redacted}` : pair
  })
  return plain + shown.join('')
}

/** Decodes as a form does, and again while the text changes, so that encoding cannot hide a name. */
function decoded(text: string): string {
  let current = text
  for (let round = 0; round < 5; round++) {
    const [[, next] = ['', '']] = new URLSearchParams(
      `x=${current.replaceAll('&', '%26').replaceAll('#', '%23')}`,
    )
    if (next === current) break
    current = next
  }
  return current
}

const tokenForms = [
  // A JWT, and the prefixes of well-known tokens and keys.
  /\beyJ[\w-]+\.[\w-]+\./,
  /\b((sk|pk|rk)[-_]|gh[opusr]_|github_pat_|glpat-|xox[abeoprs]-|hvs\.|npm_|ya29\.|AIza|AKIA|ASIA)[\w.-]{12,}/,
]

function holdsSecret(value: string): boolean {
  if (tokenForms.some((form) => form.test(value))) return true
  // Parameters of a URL in the value, or properties of JSON.
  return [...value.matchAll(/([\w.-]+)["']?\s*[=:]/g)].some(([, name = '']) => namesSecret(name))
}
