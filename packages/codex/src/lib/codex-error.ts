import { AuthError, type AuthErrorCode } from '@outbound-auth/core'

/** @internal The error of a configuration: `config.toml:7: model_providers.lab.auth.command must not be empty`. */
export function configError(place: string, problem: string): AuthError {
  return keyError(`${place}:`, problem)
}

/** @internal The error of one key: `config.toml:7: model_providers.lab.base_url must be …` */
export function keyError(name: string, problem: string): AuthError {
  return AuthError.build(`${name} ${problem}`, { code: 'ERR_AUTH_CODEX_CONFIG' })
}

/** @internal The error of a stored login that cannot be used. */
export function loginError(problem: string, code: AuthErrorCode = 'ERR_AUTH_CODEX_LOGIN'): AuthError {
  return AuthError.build(`Cannot use the Codex login: ${problem}`, { code })
}

/** @internal Whether the configuration allows an account. An empty list allows all. */
export function isAllowedAccount(allowedIds: readonly string[], accountId: string | undefined): boolean {
  return allowedIds.length === 0 || allowedIds.includes(accountId ?? '')
}

/** @internal @param place the place of the login: `auth.json` */
export function workspaceError(place: string): AuthError {
  return loginError(
    `the account of ${place} is not among forced_chatgpt_workspace_id; log in to an allowed workspace`,
  )
}

/** Codes of errors of other packages, which do not know the place of the credential. */
const unlocated = /^ERR_AUTH_(CREDENTIAL|HEADER_VALUE|AGENT_KEY|JWT_\w+)$/

/** @internal Adds the place to the error of a credential that cannot be sent. Any other error stays unchanged. */
export function locatedError(error: unknown, place: string): unknown {
  if (!AuthError.is(error) || !unlocated.test(error.code)) return error
  const { kind, message, code, provider, cause } = error
  return new AuthError(kind, `${place}: ${message}`, { code, provider, cause })
}
