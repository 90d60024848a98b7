import { bearerAuth, rotatingToken } from '@outbound-auth/bearer'
import {
  type AccessToken,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  createHeaderMap,
  type DocumentStore,
  type HeaderMap,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { checkOptions, notify } from '@outbound-auth/core/provider'
import type { AuthDocument } from '../login/auth-document.js'
import { accountHeaders } from './account-bearer-auth.js'
import type { ChatgptTokenServer } from './chatgpt-refresh.js'
import { chatgptRefresher } from './chatgpt-refresher.js'
import {
  accountError,
  aheadMs,
  type ChatgptTokenResponse,
  type LoginAccount,
  loginAccount,
} from './login-account.js'

/** Options of {@link chatgptAuth}. */
export interface ChatgptAuthOptions {
  /**
   * Holds the login: `fileStore({ path: '…/auth.json', parse: parseAuthDocument })`, or `sharedStore({ record, parse:
   * parseAuthDocument })` for many machines. Refreshed tokens are stored in it.
   */
  readonly store: DocumentStore<AuthDocument>
  /**
   * The account of this provider. If the store holds another account, requests fail.
   *
   * @default the account of the login at the first request
   */
  readonly accountId?: string | undefined
  /** Sends `X-OpenAI-Fedramp: true`. @default the claim of the login's id token */
  readonly fedramp?: boolean | undefined
  /** The server that refreshes the tokens. @default that of Codex */
  readonly tokenServer?: ChatgptTokenServer | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
  /** Gets the promise of each renewal in the background, so that the runtime waits for it. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}

/** The provider that {@link chatgptAuth} returns. */
export interface ChatgptAuth extends AuthProvider {
  readonly kind: 'chatgpt'
}

const kind = 'chatgpt'
const optionNames = ['store', 'accountId', 'fedramp', 'tokenServer', 'now', 'observer', 'waitUntil']
/**
 * Authenticates with a ChatGPT login of Codex: bearer token, account id and, for its accounts, the FedRAMP header.
 *
 * Tokens are refreshed as in Codex, five minutes before they expire or after a rejection, inside the store's lock:
 * processes that share an `auth.json` refresh once, and tokens that another program wrote meanwhile are adopted, never
 * overwritten. A new refresh token is stored before anything else of a response is checked. A rejected refresh token is
 * not sent again until the file changes. If a refresh ahead of time fails, the present token is sent while it is valid.
 * Tokens that another application pushes into the file (`auth_mode` `chatgptAuthTokens`) are never refreshed.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from a request, build: `ERR_AUTH_CODEX_LOGIN`, `ERR_AUTH_CODEX_ACCOUNT`,
 * `ERR_AUTH_CODEX_REFRESH_REFUSED`, `ERR_AUTH_CODEX_REFRESH_RESPONSE`, `ERR_AUTH_NO_RENEWAL`; transient:
 * `ERR_AUTH_CODEX_REFRESH_UNAVAILABLE`; and the codes of the store
 */
export function chatgptAuth(options: ChatgptAuthOptions): ChatgptAuth {
  const checked = checkOptions('chatgptAuth', options, optionNames)
  const { store, accountId, fedramp, tokenServer = {}, now, observer, waitUntil } = checked
  const server = checkOptions('chatgptAuth: tokenServer', tokenServer, ['tokenEndpoint', 'clientId', 'fetch'])
  const clock = now ?? (() => new Date())
  // Reject headers that cannot be sent at once.
  createHeaderMap(accountHeaders(accountId, fedramp))
  const account = loginAccount(accountId, fedramp, clock)
  const { select, merge } = account
  const refresher = chatgptRefresher(server, clock)
  const rotating = rotatingToken<AuthDocument, ChatgptTokenResponse>({
    store,
    select,
    merge,
    refresh: refresher.refresh,
    now,
  })
  const defaults = { timeoutMs: rotating.timeoutMs, refreshIntervalMs: 60_000 }
  const token: TokenSource = Object.assign(chatgptSource(rotating, account, clock), defaults)
  const bearer = bearerAuth({ token, now, observer, waitUntil, allowAnyText: true })
  const addAccount = (headers: HeaderMap) => {
    for (const [name, value] of account.headers()) headers.set(name, value)
  }
  return {
    ...bearer,
    kind,
    headerNames: ['authorization', 'chatgpt-account-id', ...(fedramp === false ? [] : ['x-openai-fedramp'])],
    addAuthHeaders(headers) {
      const bearerHeaders = createHeaderMap()
      bearer.addAuthHeaders(bearerHeaders)
      const authorization = bearerHeaders.get('authorization')
      if (authorization === null) return
      headers.set('authorization', authorization)
      addAccount(headers)
    },
    async applyAuth(request, applyOptions) {
      await bearer.applyAuth?.(request, applyOptions)
      addAccount(request.headers)
      return request
    },
    async recover(rejection, applyOptions) {
      const sent = rejection.request.headers.get('authorization')?.slice('Bearer '.length)
      const isConfirmed = () => refresher.isConfirmed(sent)
      const recovered = await bearer.recover?.(rejection, applyOptions)?.catch((error: unknown) => {
        if (!isConfirmed()) throw error
        return false
      })
      // The server returned the rejected token again, so the request is sent once more, as in Codex.
      return recovered === true || (rejection.attempt === 0 && isConfirmed())
    },
  }
}

/** The source of the rotating token, with the limits and the errors of a ChatGPT login. */
function chatgptSource(
  rotating: TokenSource,
  account: LoginAccount,
  now: () => Date,
): (request: SourceOptions) => Promise<AccessToken> {
  return async (request) => {
    const minValidityMs = Math.max(request.minValidityMs ?? 0, aheadMs)
    const observer: AuthObserver = (event) => notify(request.observer, { ...event, kind })
    const fetched = Promise.resolve(rotating({ ...request, minValidityMs, observer }))
    const given = await fetched.catch((error: unknown) => {
      if (!AuthError.is(error)) throw error
      if (account.isPushed() && error.code === 'ERR_AUTH_NO_RENEWAL') throw pushedTokenError()
      throw error.code === 'ERR_AUTH_CREDENTIAL' ? accountError() : error
    })
    const { token, expiresAt } = typeof given === 'string' ? { token: given } : given
    if (expiresAt && expiresAt.getTime() <= now().getTime()) {
      throw AuthError.build(
        'Cannot refresh the ChatGPT access token: the server gave no new one; log in again, or correct the clock of this machine',
        { code: 'ERR_AUTH_CODEX_REFRESH_REFUSED', provider: kind },
      )
    }
    if (account.isForeign(token)) throw accountError()
    return { token, ...(expiresAt && { expiresAt }) }
  }
}

function pushedTokenError(): AuthError {
  return AuthError.build(
    'Cannot use the ChatGPT login: the token of auth.json has expired or was rejected, and with auth_mode chatgptAuthTokens only the application that logged in renews it; let it do so, or log in with Codex',
    { code: 'ERR_AUTH_NO_RENEWAL', provider: kind },
  )
}
