/**
 * The expiry of a JWT, from its `exp` claim; undefined for any other string. Nothing is verified: only the issuer's
 * server decides whether a token is good, this tells when to ask for the next one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
 */
export function jwtExpiresAt(token: string): Date | undefined {
  return jwtDates(token).expiresAt
}

/**
 * The claims of a JWT, unverified; undefined if the second part of the text is not a JSON object in base64url.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-3
 */
export function jwtClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, claims = ''] = token.split('.')
  try {
    const parsed: unknown = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    return Object(parsed) === parsed ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** @internal */
export interface JwtDates {
  readonly expiresAt?: Date | undefined
  readonly issuedAt?: Date | undefined
}

/** @internal The dates of a JWT; none for any other string. */
export function jwtDates(token: string): JwtDates {
  const claims = token.split('.').length === 3 && jwtClaims(token)
  return claims ? { expiresAt: toDate(claims['exp']), issuedAt: toDate(claims['iat']) } : {}
}

function toDate(seconds: unknown): Date | undefined {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  return Number.isNaN(Number(date)) ? undefined : date
}
