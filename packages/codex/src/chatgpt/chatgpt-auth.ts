import { bearerAuth, rotatingToken } from '@outbound-auth/bearer'
import {
  AuthError,
  type AuthObserver,
  type AuthProvider,
  createHeaderMap,
  type DocumentStore,
  type HeaderMap,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { checkOptions, jwtExpiresAt, notify } from '@outbound-auth/core/provider'
import { type AuthDocument, loginModeOf } from '../login/auth-document.js'
import { accountHeaders } from './account-bearer-auth.js'
import { type ChatgptAuthority, type ChatgptRefreshAnswer, refreshChatgpt } from './chatgpt-refresh.js'
import { type ChatgptTokens, chatgptTokensOf } from './chatgpt-tokens.js'
import { accountOfIdToken } from './id-token.js'

/** Options of {@link chatgptAuth}. */
export interface ChatgptAuthOptions {
  /**
   * Where the login is: `fileStore({ path: '…/auth.json', parse: parseAuthDocument })`. Refreshed tokens are kept in
   * it.
   */
  readonly store: DocumentStore<AuthDocument>
  /**
   * The account that this provider stands for. A store that holds another one is an error, not a switch.
   *
   * @default the account of the login that is found by the first request
   */
  readonly accountId?: string | undefined
  /** Sends `X-OpenAI-Fedramp: true`. @default what the login's id token says */
  readonly fedramp?: boolean | undefined
  readonly authority?: ChatgptAuthority | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
  /** Is called with the promise of each renewal in the background, so that the runtime lets it end. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}

/** What {@link chatgptAuth} makes. */
export interface ChatgptAuth extends AuthProvider {
  readonly kind: 'chatgpt'
}

const kind = 'chatgpt'
const optionNames = ['store', 'accountId', 'fedramp', 'authority', 'now', 'observer', 'waitUntil']
const minuteMs = 60_000
/** A token is renewed when it has less than this to live. */
const aheadMs = 5 * minuteMs
/** How soon after a failure the server is asked again. */
const pauseMs = 1000
/** A token that does not say when it ends is renewed after this. */
const scheduleMs = 8 * 24 * 60 * minuteMs

/**
 * Authenticates with a ChatGPT login of Codex: bearer token, account id and, for its accounts, the FedRAMP header.
 *
 * Tokens are refreshed as Codex does, five minutes before their end or after a refusal, inside the store's lock:
 * processes that share an `auth.json` refresh once, and what another program wrote meanwhile is adopted, never
 * overwritten. A new refresh token is stored before anything else of a response is checked. A refresh token that the
 * server has rejected is not shown to it again until the file changes. If a refresh ahead of time fails, the token that
 * still lives is sent. Tokens that another application pushed in (`auth_mode` `chatgptAuthTokens`) are never refreshed.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from a request, build: `ERR_AUTH_CODEX_LOGIN`, `ERR_AUTH_CODEX_ACCOUNT`,
 * `ERR_AUTH_CODEX_REFRESH_REFUSED`, `ERR_AUTH_CODEX_REFRESH_RESPONSE`, `ERR_AUTH_NO_RENEWAL`; transient:
 * `ERR_AUTH_CODEX_REFRESH_UNAVAILABLE`; and the codes of the store
 */
export function chatgptAuth(options: ChatgptAuthOptions): ChatgptAuth {
  const {
    store,
    accountId,
    fedramp,
    authority: given = {},
    now,
    observer,
    waitUntil,
  } = checkOptions('chatgptAuth', options, optionNames)
  const authority = checkOptions('chatgptAuth: authority', given, ['tokenUrl', 'clientId', 'fetch'])
  const clock = now ?? (() => new Date())
  /** A refused token that the authority left as it was when it was asked for another one. */
  let confirmed: string | undefined
  let failed: { readonly error: unknown; readonly atMs: number } | undefined
  /** An access token of another account that a refresh has brought. */
  let foreign: string | undefined
  // A header that cannot be sent is an error at once.
  createHeaderMap(accountHeaders(accountId, fedramp))
  /** The account that the first login had, and the headers that name it. */
  let account: { readonly id: string | undefined; readonly headers: readonly [string, string][] } | undefined

  /** Whether the tokens are those of an application that pushes them in: it alone renews them. */
  let isForeign = false

  function select(document: AuthDocument): { accessToken: string; refreshToken: string; expiresAt: Date } {
    const mode = loginModeOf(document)
    if (mode !== 'chatgpt' && mode !== 'chatgptAuthTokens') throw accountError()
    isForeign = mode === 'chatgptAuthTokens'
    const tokens = chatgptTokensOf(document)
    account ??= accountOf(tokens)
    if (tokens.accountId !== account.id) throw accountError()
    const { accessToken, refreshToken, refreshedAt } = tokens
    const nowMs = clock().getTime()
    // A token without an end of its own is due when it is old, but it may well be good: it is sent if the refresh
    // fails.
    const dueMs = Math.max(refreshedAt.getTime() + scheduleMs + aheadMs, nowMs + aheadMs - 1000)
    return {
      accessToken,
      refreshToken: isForeign ? '' : refreshToken,
      expiresAt: jwtExpiresAt(accessToken) ?? new Date(dueMs),
    }
  }

  function accountOf(tokens: ChatgptTokens): NonNullable<typeof account> {
    const id = accountId ?? tokens.accountId
    return { id, headers: [...createHeaderMap(accountHeaders(id, fedramp ?? tokens.claims.fedramp))] }
  }

  const rotating = rotatingToken<AuthDocument, ChatgptRefreshAnswer>({
    store,
    select,
    merge(document, { accessToken, refreshToken, idToken }) {
      const { tokens } = document
      const before = accountOfIdToken(tokens?.id_token)
      const after = accountOfIdToken(idToken)
      // It is kept, since the old refresh token is gone, but it is not this account's.
      if (before !== undefined && after !== undefined && after !== before) foreign = accessToken
      const renewed = {
        ...tokens,
        id_token: idToken ?? tokens?.id_token ?? '',
        access_token: accessToken,
        refresh_token: refreshToken,
      }
      return { ...document, tokens: renewed, last_refresh: clock().toISOString() }
    },
    refresh(refreshToken, { accessToken = '', rejected, signal, keep }) {
      const isDated = jwtExpiresAt(accessToken) !== undefined
      const ahead = isDated ? 'proactive_expiry' : 'scheduled'
      const reason = rejected === undefined ? ahead : 'unauthorized_recovery'
      const nowMs = clock().getTime()
      // The engine's second try comes so soon that the server would have said the same.
      if (failed && nowMs >= failed.atMs && nowMs - failed.atMs < pauseMs) throw failed.error
      confirmed = undefined
      const answered = refreshChatgpt({ accessToken, refreshToken, reason, authority, signal, keep })
      return answered.then(
        (answer) => {
          if (answer.accessToken === rejected) confirmed = rejected
          return answer
        },
        (error) => {
          failed = { error, atMs: clock().getTime() }
          throw error
        },
      )
    },
    now,
  })

  async function source(request: SourceOptions): Promise<{ token: string; expiresAt?: Date }> {
    const minValidityMs = Math.max(request.minValidityMs ?? 0, aheadMs)
    const watch: AuthObserver = (event) => notify(request.observer, { ...event, kind })
    const asked = rotating({ ...request, minValidityMs, observer: watch })
    const given = await Promise.resolve(asked).catch((error: unknown) => {
      if (!AuthError.is(error)) throw error
      if (isForeign && error.code === 'ERR_AUTH_NO_RENEWAL') throw foreignError()
      throw error.code === 'ERR_AUTH_CREDENTIAL' ? accountError() : error
    })
    const { token, expiresAt } = typeof given === 'string' ? { token: given } : given
    if (expiresAt && expiresAt.getTime() <= clock().getTime()) {
      throw AuthError.build(
        'Cannot refresh the ChatGPT access token: the server gave no new one; log in again, or correct the clock of this machine',
        { code: 'ERR_AUTH_CODEX_REFRESH_REFUSED', provider: kind },
      )
    }
    if (token === foreign) throw accountError()
    return { token, ...(expiresAt && { expiresAt }) }
  }

  const defaults = { timeoutMs: rotating.timeoutMs, refreshIntervalMs: minuteMs }
  const token: TokenSource = Object.assign(source, defaults)
  const bearer = bearerAuth({ token, now, observer, waitUntil, allowAnyText: true })
  const addAccount = (headers: HeaderMap) => {
    for (const [name, value] of account?.headers ?? []) headers.set(name, value)
  }
  return {
    ...bearer,
    kind,
    headerNames: ['authorization', 'chatgpt-account-id', ...(fedramp === false ? [] : ['x-openai-fedramp'])],
    addAuthHeaders(headers) {
      const own = createHeaderMap()
      bearer.addAuthHeaders(own)
      const authorization = own.get('authorization')
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
      const isConfirmed = () => confirmed !== undefined && confirmed === sent
      const recovered = await bearer.recover?.(rejection, applyOptions)?.catch((error: unknown) => {
        if (!isConfirmed()) throw error
        return false
      })
      // The authority stands by the token, so it is sent once more, as Codex does.
      return recovered === true || (rejection.attempt === 0 && isConfirmed())
    },
  }
}

function foreignError(): AuthError {
  return AuthError.build(
    'Cannot use the ChatGPT login: the token of auth.json has expired or was rejected, and with auth_mode chatgptAuthTokens only the application that logged in renews it; let it do so, or log in with Codex',
    { code: 'ERR_AUTH_NO_RENEWAL', provider: kind },
  )
}

function accountError(): AuthError {
  return AuthError.build(
    'Cannot use the ChatGPT login: auth.json holds another account by now, or none; log in again',
    { code: 'ERR_AUTH_CODEX_ACCOUNT', provider: kind },
  )
}
