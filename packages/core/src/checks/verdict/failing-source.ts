import { AuthError } from '../../contract/auth-error.js'

/** @internal A source that fails with this error. */
export function fail(error: unknown): () => Promise<never> {
  return async () => {
    throw error
  }
}

/** @internal An error that may pass. */
export function outage(): AuthError {
  return AuthError.transient('The source of this check does not answer', { code: 'ERR_AUTH_COMMAND_FAILED' })
}

/** @internal An error that stays until somebody mends its reason. */
export function misconfigured(): AuthError {
  return AuthError.build('The source of this check is not configured', { code: 'ERR_AUTH_CREDENTIAL' })
}

/** @internal The error of an HTTP client, which quotes the request in its text and in its properties. */
export function foreignError(secret: string): Error {
  const config = { headers: { authorization: `Bearer ${secret}` } }
  return Object.assign(new Error(`Request failed: token=${secret}`), { code: 'ECONNRESET', config })
}
