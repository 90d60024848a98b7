import type { HeaderMap } from './header-map.js'

/**
 * @internal The claims that a server wants in the next token, as JSON text: the `claims` of a challenge with
 * `error="insufficient_claims"`. Undefined when the response names none, or they are not base64 of a JSON object.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export function challengeClaims(headers: HeaderMap): string | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  const isAsked = /[\s,]error="?insufficient_claims\b/i.test(challenge)
  const [, claims = ''] = (isAsked && /[\s,]claims="([^"]+)/i.exec(challenge)) || []
  try {
    const binary = atob(claims.replace(/-/g, '+').replace(/_/g, '/'))
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return JSON.parse(text) && text.startsWith('{') ? text : undefined
  } catch {
    return undefined
  }
}
