/** @internal Headers that SDKs fill with a dummy key, in lower case: it must not go out beside the real credential. */
export const credentialHeaders: readonly string[] = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
]

/**
 * Whether a static header or query parameter of this name is treated as a credential: `authorization`,
 * `proxy-authorization`, `x-api-key`, `cookie` and every other name with `auth`, `cookie`, `key`, `secret` or `token`
 * in it. Letter case does not matter.
 */
export function isCredentialName(name: string): boolean {
  return /auth|cookie|key|secret|token/i.test(name)
}
