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
 * @param authApi base URL: `https://auth.openai.com/api/accounts`
 * @throws AuthError `ERR_AUTH_CODEX_WHOAMI_REFUSED` (build), `ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE` (transient)
 */
export async function lookUpPersonalAccount(
  token: string,
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
    throw AuthError.transient(`${purpose}: its server answered ${status}`, {
      code: 'ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE',
    })
  }
  const accountId = json?.['chatgpt_account_id']
  if (status !== 200 || typeof accountId !== 'string' || accountId === '') {
    const what = status === 200 ? 'without an account' : String(status)
    throw AuthError.build(`${purpose}: its server answered ${what}`, {
      code: 'ERR_AUTH_CODEX_WHOAMI_REFUSED',
    })
  }
  return { accountId, fedramp: json?.['chatgpt_account_is_fedramp'] === true }
}
