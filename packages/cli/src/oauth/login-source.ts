import { rotatingToken } from '@outbound-auth/bearer'
import { AuthError, type DocumentStore, type TokenSource } from '@outbound-auth/core'
import { type OauthClientOptions, refreshGrant } from '@outbound-auth/oauth'
import {
  isEnded,
  isLoginOf,
  type LoginDocument,
  type LoginPlace,
  loginCommandLine,
  loginStore,
} from './login-document.js'

/**
 * A token source over the kept login of a provider, which renews it. Every process of the user shares the login.
 *
 * @param store the place of the login; by default a file of this user
 * @param client the options of the client, for the renewal
 * @throws AuthError from the source: `ERR_AUTH_NO_CREDENTIAL` (build) when the user has to log in, and those of
 * `rotatingToken` and `refreshGrant`
 */
export function loginSource(
  place: LoginPlace,
  client: OauthClientOptions,
  store: DocumentStore<LoginDocument> = loginStore(place),
): TokenSource {
  const renewing = rotatingToken<LoginDocument>({
    store,
    refresh: refreshGrant(client),
    select: (login) =>
      isLoginOf(login, place) ? { ...login, expiresAt: dateOf(login.expiresAt) } : undefined,
    merge: (login, { accessToken, refreshToken, expiresAt }) => ({
      ...login,
      accessToken,
      refreshToken,
      expiresAt: expiresAt?.toISOString(),
    }),
  })
  const keptToken = async () => (await store.read())?.accessToken
  const source: TokenSource = async (options) => {
    try {
      // Without a rejected token, a renewal that is wanted replaces the kept one.
      const rejected = options.forceRefresh ? (options.rejected ?? (await keptToken())) : undefined
      return await renewing({ ...options, ...(rejected !== undefined && { rejected }) })
    } catch (error) {
      throw isOver(error) ? await loginError(place, store, error) : error
    }
  }
  return Object.assign(source, renewing)
}

/** The time of a document; undefined if it cannot be read. */
export function dateOf(text: unknown): Date | undefined {
  const date = typeof text === 'string' ? new Date(text) : undefined
  return date && !Number.isNaN(date.getTime()) ? date : undefined
}

/** Whether only another login helps. */
function isOver(error: unknown): error is AuthError {
  return (
    AuthError.is(error) &&
    !error.retryable &&
    /^ERR_AUTH_(CREDENTIAL|NO_RENEWAL|OAUTH_REFUSED)$/.test(error.code)
  )
}

async function loginError(
  place: LoginPlace,
  store: DocumentStore<LoginDocument>,
  error: AuthError,
): Promise<AuthError> {
  const problem = error.code === 'ERR_AUTH_CREDENTIAL' ? await missingLogin(store) : endOf(error)
  return AuthError.build(`${problem}. Run: ${loginCommandLine(place)}`, {
    code: 'ERR_AUTH_NO_CREDENTIAL',
    provider: 'oauth',
    cause: error,
  })
}

async function missingLogin(store: DocumentStore<LoginDocument>): Promise<string> {
  const login = await store.read()
  if (!login || isEnded(login)) return 'nobody is logged in'
  return 'the login was made with other settings of this provider'
}

function endOf({ code, message }: AuthError): string {
  if (code === 'ERR_AUTH_NO_RENEWAL') return 'the login has expired, and the server gave no token to renew it'
  return `the login cannot be renewed: ${message.replace(/\.$/, '')}`
}
