import { AuthError } from '@outbound-auth/core'
import { callLoginServer } from '../lib/call-login-server.js'

/** The account of a personal access token. */
export interface PersonalAccount {
  readonly accountId: string
  readonly fedramp: boolean
}

const purpose = 'Cannot look up the account of the personal access token'

/**
 * Looks up the account of a personal access token.
 *
 * @param place where the token was found, for messages
 * @param authApi the base URL: `https://auth.openai.com/api/accounts`
 * @throws AuthError `ERR_AUTH_CODEX_WHOAMI_REFUSED` (build), `ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE` (transient)
 */
export async function lookUpPersonalAccount(
  token: string,
  place: string,
  authApi: string,
  fetch: typeof globalThis.fetch | undefined,
): Promise<PersonalAccount> {
  const { status, json } = await callLoginServer({
    purpose,
    url: `${authApi}/v1/user-auth-credential/whoami`,
    method: 'GET',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    unavailable: 'ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE',
    timeoutMs: 15_000,
    fetch,
  })
  if (status === 429 || status >= 500) {
    throw AuthError.transient(`${purpose}: its server responded with status ${status}; try again later`, {
      code: 'ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE',
    })
  }
  const rejected = (problem: string) => {
    const remedy = `replace the personal access token of ${place}`
    return AuthError.build(`${purpose}: ${problem}; ${remedy}`, { code: 'ERR_AUTH_CODEX_WHOAMI_REFUSED' })
  }
  if (status !== 200) throw rejected(`its server responded with status ${status}`)
  const { chatgpt_account_id: accountId, chatgpt_account_is_fedramp: fedramp = false } = json ?? {}
  if (typeof accountId !== 'string' || accountId === '')
    throw rejected('its server responded without an account')
  // A malformed flag must not count as false.
  if (typeof fedramp !== 'boolean')
    throw rejected('its server responded with a malformed chatgpt_account_is_fedramp')
  return { accountId, fedramp }
}
