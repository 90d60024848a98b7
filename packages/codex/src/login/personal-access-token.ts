import { AuthError } from '@outbound-auth/core'
import { callAuthority } from '../lib/call-authority.js'

/** The account of a personal access token. */
export interface PersonalAccount {
  readonly accountId: string
  readonly fedramp: boolean
}

const purpose = 'Cannot look up the account of the personal access token'

/**
 * Asks whose a personal access token is.
 *
 * @param place where the token was found, for messages
 * @param authApi base URL: `https://auth.openai.com/api/accounts`
 * @throws AuthError `ERR_AUTH_CODEX_WHOAMI_REFUSED` (build), `ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE` (transient)
 */
export async function lookUpPersonalAccount(
  token: string,
  place: string,
  authApi: string,
  fetch: typeof globalThis.fetch | undefined,
): Promise<PersonalAccount> {
  const { status, json } = await callAuthority({
    purpose,
    url: `${authApi}/v1/user-auth-credential/whoami`,
    method: 'GET',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    unavailable: 'ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE',
    timeoutMs: 15_000,
    fetch,
  })
  if (status === 429 || status >= 500) {
    throw AuthError.transient(`${purpose}: its server answered ${status}; try again later`, {
      code: 'ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE',
    })
  }
  const refused = (what: string) => {
    const remedy = `replace the personal access token of ${place}`
    return AuthError.build(`${purpose}: ${what}; ${remedy}`, { code: 'ERR_AUTH_CODEX_WHOAMI_REFUSED' })
  }
  if (status !== 200) throw refused(`its server answered ${status}`)
  const { chatgpt_account_id: accountId, chatgpt_account_is_fedramp: fedramp = false } = json ?? {}
  if (typeof accountId !== 'string' || accountId === '')
    throw refused('its server answered without an account')
  // One that is not understood must not be taken for false.
  if (typeof fedramp !== 'boolean')
    throw refused('its server answered with a malformed chatgpt_account_is_fedramp')
  return { accountId, fedramp }
}
