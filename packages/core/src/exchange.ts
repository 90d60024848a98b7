import { applyAuth, providerError } from './apply-auth.js'
import { AuthError } from './auth-error.js'
import { type AuthObserver, notify } from './auth-observer.js'
import type { AuthBinding, AuthBody, AuthProvider, AuthRejection, AuthRequest } from './auth-provider.js'
import { statusesOf } from './combine-auth.js'
import { finalBody, isStream } from './final-body.js'
import { createHeaderMap, type HeaderMap, type HeaderMapInit } from './header-map.js'
import { originGuard } from './origin-guard.js'
import { setQueryParameter } from './query-parameter.js'
import { untilAborted } from './until-aborted.js'

export { isStream, untilAborted }

/** Options that every adapter takes. */
export interface ExchangeOptions {
  /**
   * Origins that may see the credential. Required with a bare provider; with a binding, whose own list is the default, it
   * replaces that list. An empty list allows nothing.
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /**
   * What happens to a request for another origin: `'refuse'` throws `ERR_AUTH_ORIGIN`, `'pass'` sends it untouched (for an
   * agent that several parties share).
   *
   * @default 'refuse'
   */
  readonly otherOrigins?: 'refuse' | 'pass' | undefined
  /** Allows plain http to hosts other than this machine. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  readonly observer?: AuthObserver | undefined
}

/** One request of a caller, before authentication. Nothing of it is changed. */
export interface OutboundRequest {
  readonly method: string
  /** Absolute http(s) URL. */
  readonly url: string
  readonly headers: HeaderMapInit
  readonly body?: AuthBody | undefined
  /** Gives the body of a further attempt when `body` is a stream; undefined when it cannot be sent again. */
  readonly replay?: (() => AuthBody | undefined) | undefined
  readonly signal?: AbortSignal | undefined
  /** See `ApplyAuthOptions`, in milliseconds. */
  readonly minValidityMs?: number | undefined
}

/** How an adapter sends a request and reads an answer of its own type. */
export interface ExchangeTransport<R> {
  /** Sends exactly this request, without following redirects. */
  send(request: AuthRequest, attempt: number): Promise<R>
  status(response: R): number
  headers(response: R): HeaderMap
  /** Reads at most 64 KiB for at most 2 s, and leaves the response whole for the caller. */
  readBody(response: R): Promise<string>
  /** Ends a response that nobody will read. */
  discard(response: R): void | Promise<void>
}

/** The engine that all adapters share: check the origin, apply auth, send, recover, send again. */
export interface Exchange {
  /**
   * Whether this URL gets the credential: true, or false when it is to be sent untouched.
   *
   * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_ORIGIN` or `ERR_AUTH_INSECURE_TRANSPORT` (build)
   */
  admits(url: string): boolean
  /** Whether the origin is an allowed one. */
  allows(url: URL): boolean
  /** The authenticated request; the caller sends exactly this one. @throws AuthError and nothing may be sent then */
  prepare(outbound: OutboundRequest, attempt?: number): Promise<AuthRequest>
  /**
   * The same within this call, for a provider that is no more than `addAuthHeaders`; undefined when only `send` will do.
   *
   * @throws AuthError (build) and nothing may be sent then
   */
  prepareNow(outbound: OutboundRequest): AuthRequest | undefined
  /** Sends with authentication, and again after a recovery; at most three times. @throws AuthError, or what the transport threw */
  send<R>(outbound: OutboundRequest, transport: ExchangeTransport<R>): Promise<R>
  /** The same URL and headers with nothing in them that may be a credential, for a request that leaves home. */
  strip(url: string, headers: HeaderMapInit): { url: string; headers: HeaderMap }
}

/** SDKs insist on sending some key, so a dummy in one of these must not go out beside the real credential. */
const credentialHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']

/** Headers that describe what a client accepts; every other one may be a credential, and stays home. */
const harmlessHeaders = /^(accept(-.*)?|cache-control|content-language|if-.*|pragma|range|user-agent)$/

const maxRecoveries = 2

/**
 * Makes the engine for one provider, or for one binding.
 *
 * A transient auth failure is tried once more after about 200 ms; a build failure is not. Every attempt starts from the
 * caller's own request.
 *
 * @throws TypeError when `allowedOrigins` is missing or an entry is no origin
 */
export function createExchange(auth: AuthProvider | AuthBinding, options: ExchangeOptions = {}): Exchange {
  const binding: Partial<AuthBinding> = 'provider' in auth ? auth : {}
  const provider = 'provider' in auth ? auth.provider : auth
  const { otherOrigins = 'refuse', allowInsecureTransport, observer } = options
  const { headerNames, queryNames = [], kind } = provider
  const isBare = headerNames.length + queryNames.length + (binding.secretHeaderNames?.length ?? 0) === 0
  const guard = originGuard({
    kind,
    allowedOrigins: options.allowedOrigins ?? (binding.allowedOrigins as readonly string[]),
    allowInsecureTransport: isBare || allowInsecureTransport,
  })
  const replaced = headerNames.length + queryNames.length === 0 ? [] : [...credentialHeaders, ...headerNames]

  /** A recovery changes the task, so it is asked anew each time. */
  const identify = () => provider.agentIdentity ?? binding.agentIdentity

  function compose(outbound: OutboundRequest, body: AuthBody | undefined): AuthRequest {
    const headers = createHeaderMap(outbound.headers)
    // A fragment is never sent, so nobody may sign it.
    let [url = ''] = outbound.url.split('#', 1)
    for (const name of replaced) headers.delete(name)
    for (const name of queryNames) url = setQueryParameter(url, name, undefined)
    for (const [name, value] of binding.headers ?? []) if (!headers.has(name)) headers.set(name, value)
    for (const [name, value] of Object.entries(binding.query ?? {})) {
      if (!new URL(url).searchParams.has(name)) url = setQueryParameter(url, name, value)
    }
    return { method: outbound.method, url, headers, body }
  }

  function begin(outbound: OutboundRequest, attempt: number): AuthRequest {
    guard.check(guard.parse(outbound.url))
    return compose(outbound, attempt > 0 && outbound.replay ? outbound.replay() : outbound.body)
  }

  function finish(applied: AuthRequest, attempt: number, startedAtMs: number): AuthRequest {
    const url = guard.parse(applied.url)
    guard.check(url)
    const isBareRequest =
      !headerNames.some((name) => applied.headers.has(name)) &&
      !queryNames.some((name) => url.searchParams.has(name))
    // A provider that neither authenticates nor throws must not make a bare request of this one.
    if (replaced.length > 0 && isBareRequest) {
      throw AuthError.build(`The ${kind} provider left the request without a credential`, {
        code: 'ERR_AUTH_PROVIDER',
        provider: kind,
      })
    }
    const agentIdentity = identify()
    const durationMs = Date.now() - startedAtMs
    const { origin } = url
    notify(observer, {
      type: 'applied',
      kind,
      headerNames,
      queryNames,
      origin,
      attempt,
      durationMs,
      agentIdentity,
    })
    return applied
  }

  async function prepare(outbound: OutboundRequest, attempt = 0): Promise<AuthRequest> {
    const { signal, minValidityMs } = outbound
    const startedAtMs = Date.now()
    const request = begin(outbound, attempt)
    if (provider.requiresBody) {
      const { body, contentType } = await untilAborted(finalBody(request.body, kind), signal)
      if (contentType && !request.headers.has('content-type'))
        request.headers.set('content-type', contentType)
      request.body = body
    }
    return finish(await applyAuth(provider, request, { signal, minValidityMs }), attempt, startedAtMs)
  }

  function prepareNow(outbound: OutboundRequest): AuthRequest | undefined {
    if (provider.applyAuth || provider.requiresBody || provider.recover) return undefined
    const startedAtMs = Date.now()
    const request = begin(outbound, 0)
    try {
      provider.addAuthHeaders(request.headers)
    } catch (thrown) {
      const error = providerError(thrown, kind, undefined)
      if (AuthError.is(error) && error.retryable) return undefined
      throw error
    }
    return finish(request, 0, startedAtMs)
  }

  /** The second try comes after the first failure's memory in `cachedCredential`, so that it reaches the source. */
  async function prepareOnceMore(outbound: OutboundRequest, attempt: number): Promise<AuthRequest> {
    try {
      return await prepare(outbound, attempt)
    } catch (error) {
      if (!AuthError.is(error) || !error.retryable) throw error
      const pause = new Promise<void>((resolve) => setTimeout(resolve, 180 + 40 * Math.random()))
      await untilAborted(pause, outbound.signal)
      return prepare(outbound, attempt)
    }
  }

  async function recover(rejection: AuthRejection, outbound: OutboundRequest): Promise<boolean> {
    const { status, attempt } = rejection
    const { signal, minValidityMs } = outbound
    const startedAtMs = Date.now()
    const report = (outcome: 'retry' | 'given-up' | 'failed', code?: string) => {
      const durationMs = Date.now() - startedAtMs
      const agentIdentity = identify()
      notify(observer, { type: 'recovered', kind, status, attempt, outcome, durationMs, code, agentIdentity })
    }
    try {
      const recovery = Promise.resolve(provider.recover?.(rejection, { signal, minValidityMs }))
      const retry = await untilAborted(recovery, signal)
      report(retry ? 'retry' : 'given-up')
      return retry === true
    } catch (thrown) {
      const error = providerError(thrown, kind, signal)
      report('failed', AuthError.is(error) ? error.code : undefined)
      throw error
    }
  }

  return {
    admits(text) {
      const url = guard.parse(text)
      if (otherOrigins === 'pass' && !guard.allows(url)) return false
      guard.check(url)
      return true
    },
    allows: guard.allows,
    prepare,
    prepareNow,
    async send(outbound, transport) {
      for (let attempt = 0; ; attempt++) {
        const request = await prepareOnceMore(outbound, attempt)
        const response = await transport.send(request, attempt)
        const status = transport.status(response)
        if (attempt === maxRecoveries || !statusesOf(provider).includes(status) || !canRepeat(outbound))
          return response
        const readBody = () => transport.readBody(response)
        const rejection = { request, status, headers: transport.headers(response), readBody, attempt }
        let isKept = false
        try {
          isKept = !(await recover(rejection, outbound))
        } finally {
          // An answer that nobody reads, and that cannot be ended either, is no reason to fail.
          if (!isKept) {
            const discarded = Promise.resolve(response).then(transport.discard)
            await discarded.catch(() => {})
          }
        }
        if (isKept) return response
      }
    },
    strip(text, init) {
      let url = text
      for (const name of queryNames) url = setQueryParameter(url, name, undefined)
      const headers = createHeaderMap(init)
      for (const [name] of [...headers]) if (!harmlessHeaders.test(name)) headers.delete(name)
      return { url, headers }
    },
  }
}

/** @internal Whether the body of a request can be sent once more. */
export function canRepeat({ body, replay }: OutboundRequest): boolean {
  return !isStream(body) || replay?.() !== undefined
}
