import type { TokenHandleOptions } from '../apply/token-handle.js'
import { isStream } from '../body/body-shape.js'
import { AuthError } from '../contract/auth-error.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { checkOptions } from '../lib/check-options.js'
import { optionError } from '../lib/option-error.js'
import { parseUrl } from '../lib/origin-guard.js'
import { stormToken } from './storm-token.js'

/** The members of `AuthClient` of `google-auth-library` that carry the token. */
export interface GoogleAuthClient {
  /** @throws AuthError `ERR_AUTH_ORIGIN` (build) when `url` is of another origin */
  getRequestHeaders(url?: string | URL): Promise<Headers>
  getAccessToken(): Promise<{ token?: string | null }>
}

/** The class `AuthClient` of `google-auth-library`. */
export type GoogleAuthClientClass<T> = abstract new () => T

/** Options of {@link toGoogleAuthClient}. */
export interface GoogleAuthClientOptions<T> extends TokenHandleOptions {
  /** `AuthClient` of `google-auth-library`, whose type no other object has: `{ origin, AuthClient }`. */
  readonly AuthClient?: GoogleAuthClientClass<T> | undefined
}

/** The part of `Gaxios` that `request` uses. */
interface Transporter {
  request(options: object): Promise<{ readonly status?: number }>
}

/**
 * The token of a provider as the `authClient` of Google's libraries. Its `request` follows no redirects, and recovers
 * from a 401 once; a storm of rejections costs one renewal. Libraries that only call `getRequestHeaders`, such as
 * `@google/genai`, do not say that a token was rejected: pass `authFetch` as their `fetch` instead.
 *
 * @throws TypeError, AuthError as `tokenHandle` does
 * @see https://github.com/googleapis/google-auth-library-nodejs
 * @example
 * const authClient = toGoogleAuthClient(auth, { origin: 'https://storage.googleapis.com', AuthClient })
 * const storage = new Storage({ authClient })
 */
export function toGoogleAuthClient<T extends object = object>(
  auth: AuthProvider | AuthBinding,
  options: GoogleAuthClientOptions<T>,
): T & GoogleAuthClient {
  const { AuthClient, ...others } = checkOptions('toGoogleAuthClient', options, [
    'origin',
    'allowInsecureTransport',
    'AuthClient',
  ])
  if (AuthClient !== undefined && typeof AuthClient !== 'function')
    throw optionError('toGoogleAuthClient: AuthClient must be the class of google-auth-library', 'AuthClient')
  const tokens = stormToken('toGoogleAuthClient', auth, { ...others })
  const { headerName } = tokens
  const allowed = parseUrl(others.origin)?.origin

  async function headersFor(url: unknown, isRejected = false): Promise<Headers> {
    const origin = url === undefined ? allowed : parseUrl(String(url))?.origin
    if (origin !== allowed)
      throw AuthError.build(
        `The credential may not go to ${origin ?? 'what is no http(s) URL'}; allowed: ${allowed}`,
        {
          code: 'ERR_AUTH_ORIGIN',
        },
      )
    const { token } = await tokens.get({ isRejected })
    return new Headers([[headerName, headerName === 'authorization' ? `Bearer ${token}` : token]])
  }

  const client = AuthClient ? new (AuthClient as unknown as new () => T)() : ({} as T)
  const send = async (request: GoogleRequest, isRejected: boolean) => {
    const headers = new Headers(request.headers)
    for (const [name, value] of await headersFor(request.url, isRejected)) headers.set(name, value)
    const { redirect = 'follow' } = request
    // A redirect would take the token along, even to another origin.
    const safe = { ...request, headers, redirect: redirect === 'follow' ? 'manual' : redirect }
    return (client as { transporter: Transporter }).transporter.request(safe)
  }
  return Object.assign(client, {
    getRequestHeaders: (url?: string | URL) => headersFor(url),
    getAccessToken: async () => ({ token: (await tokens.get()).token }),
    ...(AuthClient && {
      async request(request: GoogleRequest) {
        try {
          return await send(request, false)
        } catch (error) {
          if (statusOf(error) !== 401 || [request.data, request.body].some(isStream)) throw error
          return send(request, true)
        }
      },
    }),
  })
}

interface GoogleRequest {
  readonly url?: string | URL
  readonly headers?: HeadersInit
  readonly redirect?: RequestRedirect
  readonly data?: unknown
  readonly body?: unknown
}

function statusOf(error: unknown): unknown {
  return (error as { response?: { status?: unknown } } | undefined)?.response?.status
}
