import type { HeaderMap } from './header-map.js'

/**
 * @internal The claims that a server wants in the next token, as JSON text: the `claims` of a challenge with
 * `error="insufficient_claims"`. Undefined when the response names none, or they are not base64 of a JSON object.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export function challengeClaims(headers: HeaderMap): string | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  if (!/[\s,]error\s*=\s*"?insufficient_claims\b/i.test(challenge)) return undefined
  const [, claims = ''] = /[\s,]claims\s*=\s*"([\w+/-]+=*)"/i.exec(challenge) ?? []
  try {
    const bytes = Uint8Array.from(atob(claims.replace(/-/g, '+').replace(/_/g, '/')), (letter) =>
      letter.charCodeAt(0),
    )
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return /^\s*\{/.test(text) && JSON.parse(text) ? text : undefined
  } catch {
    return undefined
  }
}
