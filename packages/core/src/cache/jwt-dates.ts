/**
 * The expiry of a JWT, from its `exp` claim; undefined for any other string. Nothing is verified: only the issuer's
 * server decides whether a token is good, this tells when to ask for the next one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
 */
export function jwtExpiresAt(token: string): Date | undefined {
  return jwtDates(token).expiresAt
}

/** @internal */
export interface JwtDates {
  readonly expiresAt?: Date | undefined
  readonly issuedAt?: Date | undefined
}

/** @internal The dates of a JWT; none for any other string. */
export function jwtDates(token: string): JwtDates {
  const [, claims = '', ...others] = token.split('.')
  if (others.length !== 1) return {}
  try {
    const { exp, iat } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    return { expiresAt: toDate(exp), issuedAt: toDate(iat) }
  } catch {
    return {}
  }
}

function toDate(seconds: unknown): Date | undefined {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  return Number.isNaN(Number(date)) ? undefined : date
}
