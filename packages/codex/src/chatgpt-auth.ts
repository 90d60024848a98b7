import { bearerAuth, rotatingToken } from '@outbound-auth/bearer'
import {
  AuthError,
  type AuthObserver,
  type AuthProvider,
  checkOptions,
  type DocumentStore,
  jwtExpiresAt,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { accountHeaders } from './account-bearer-auth.js'
import { type AuthDocument, loginModeOf } from './auth-document.js'
import { type ChatgptAuthority, type ChatgptRefreshAnswer, refreshChatgpt } from './chatgpt-refresh.js'
import { chatgptTokensOf } from './chatgpt-tokens.js'
import { readIdToken } from './id-token.js'

/** Options of {@link chatgptAuth}. */
export interface ChatgptAuthOptions {
  /** Where the login is: `fileStore({ path: '…/auth.json', parse: parseAuthDocument })`. Refreshed tokens are kept in it. */
  readonly store: DocumentStore<AuthDocument>
  /** The account that this provider stands for. A store that holds another one by now is an error, not a switch. */
  readonly accountId?: string | undefined
  /** Sends `X-OpenAI-Fedramp: true`. @default false */
  readonly fedramp?: boolean | undefined
  readonly authority?: ChatgptAuthority | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

/** What {@link chatgptAuth} makes. */
export interface ChatgptAuth extends AuthProvider {
  readonly kind: 'chatgpt'
}

const kind = 'chatgpt'
const optionNames = ['store', 'accountId', 'fedramp', 'authority', 'now', 'observer']
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
 * Tokens are refreshed as Codex does, five minutes before their end or after a refusal, inside the store's lock: processes that
 * share an `auth.json` refresh once, and what another program wrote meanwhile is adopted, never overwritten. A refresh token
 * that the server has refused for good is not shown to it again until the file changes. If a refresh ahead of time fails, the
 * token that still lives is sent.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from a request, build: `ERR_AUTH_CODEX_LOGIN`, `ERR_AUTH_CODEX_ACCOUNT`, `ERR_AUTH_CODEX_REFRESH_REFUSED`,
 * `ERR_AUTH_EXPIRED`; transient: `ERR_AUTH_CODEX_REFRESH_UNAVAILABLE`; and the codes of the store
 */
export function chatgptAuth(options: ChatgptAuthOptions): ChatgptAuth {
  const {
    store,
    accountId,
    fedramp = false,
    authority = {},
    now,
    observer,
  } = checkOptions('chatgptAuth', options, optionNames)
  const clock = now ?? (() => new Date())
  /** A refused token that the authority left as it was when it was asked for another one. */
  let confirmed: string | undefined
  let failed: { readonly error: unknown; readonly atMs: number } | undefined
  /** An access token of another account that a refresh has brought. */
  let foreign: string | undefined

  function select(document: AuthDocument): { accessToken: string; refreshToken: string; expiresAt: Date } {
    if (!/^chatgpt/.test(loginModeOf(document) ?? '')) throw accountError()
    const tokens = chatgptTokensOf(document)
    if (tokens.accountId !== accountId) throw accountError()
    const { accessToken, refreshToken, refreshedAt } = tokens
    const nowMs = clock().getTime()
    // A token without an end of its own is due when it is old, but it may well be good: it is sent if the refresh fails.
    const dueMs = Math.max(refreshedAt.getTime() + scheduleMs + aheadMs, nowMs + aheadMs - 1000)
    return { accessToken, refreshToken, expiresAt: jwtExpiresAt(accessToken) ?? new Date(dueMs) }
  }

  const rotating = rotatingToken<AuthDocument, ChatgptRefreshAnswer>({
    store,
    select,
    merge(document, { accessToken, refreshToken, idToken }) {
      const { tokens } = document
      const before = tokens && readIdToken(tokens.id_token).accountId
      // It is kept, since the old refresh token is gone, but it is not this account's.
      if (idToken !== undefined && readIdToken(idToken).accountId !== before) foreign = accessToken
      const renewed = {
        ...tokens,
        id_token: idToken ?? tokens?.id_token ?? '',
        access_token: accessToken,
        refresh_token: refreshToken,
      }
      return { ...document, tokens: renewed, last_refresh: clock().toISOString() }
    },
    refresh(refreshToken, { accessToken = '', rejected, signal }) {
      const isDated = jwtExpiresAt(accessToken) !== undefined
      const ahead = isDated ? 'proactive_expiry' : 'scheduled'
      const reason = rejected === undefined ? ahead : 'unauthorized_recovery'
      const nowMs = clock().getTime()
      // The engine's second try comes so soon that the server would have said the same.
      if (failed && nowMs >= failed.atMs && nowMs - failed.atMs < pauseMs) throw failed.error
      confirmed = undefined
      const answered = refreshChatgpt({ accessToken, refreshToken }, reason, authority, signal)
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
    const given = await Promise.resolve(rotating({ ...request, minValidityMs })).catch((error: unknown) => {
      throw AuthError.is(error) && error.code === 'ERR_AUTH_CREDENTIAL' ? accountError() : error
    })
    const { token, expiresAt } = typeof given === 'string' ? { token: given } : given
    if (expiresAt && expiresAt.getTime() <= clock().getTime()) {
      throw AuthError.build(
        'Cannot refresh the ChatGPT access token: the server gave no new one; log in again',
        { code: 'ERR_AUTH_CODEX_REFRESH_REFUSED', provider: kind },
      )
    }
    if (token === foreign) throw accountError()
    return { token, ...(expiresAt && { expiresAt }) }
  }

  const defaults = { timeoutMs: rotating.timeoutMs, refreshIntervalMs: minuteMs }
  const token: TokenSource = Object.assign(source, defaults)
  const headers = accountHeaders(accountId, fedramp)
  const bearer = bearerAuth({ token, headers, now, observer, allowAnyText: true })
  return {
    ...bearer,
    kind,
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

function accountError(): AuthError {
  return AuthError.build(
    'Cannot use the ChatGPT login: auth.json holds another account by now, or none; log in again',
    { code: 'ERR_AUTH_CODEX_ACCOUNT', provider: kind },
  )
}
