import { applyAuth, providerError } from '../apply/apply-auth.js'
import { statusesOf } from '../apply/combine-auth.js'
import { applyAtOnce, isImmediate } from '../apply/immediate-apply.js'
import { isStream } from '../body/body-shape.js'
import { type FinalBody, finalBody, readyBody } from '../body/final-body.js'
import { AuthError } from '../contract/auth-error.js'
import { notify } from '../contract/auth-observer.js'
import type { AuthBinding, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { setQueryParameter } from '../lib/query-parameter.js'
import { untilAborted } from '../lib/until-aborted.js'
import { type ExchangeOptions, type OutboundRequest, requestComposer } from './request-composer.js'
import { tryAgain } from './try-again.js'

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

/** A request as it was sent, and the response to it. */
export interface SentRequest<R> {
  readonly request: AuthRequest
  readonly response: R
}

/** The engine that all adapters share: check the origin, apply auth, send, recover, send again. */
export interface Exchange {
  /** The provider, whether it was given alone or in a binding. */
  readonly provider: AuthProvider
  /** The statuses of answers after which the provider may recover; none where it cannot. */
  readonly statuses: readonly number[]
  /**
   * Whether this URL gets the credential: true, or false when it is to be sent untouched.
   *
   * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_ORIGIN` or `ERR_AUTH_INSECURE_TRANSPORT` (build)
   */
  admits(url: string | URL): boolean
  /** Whether the origin is an allowed one. */
  allows(url: URL): boolean
  /** The authenticated request; the caller sends exactly this one. @throws AuthError and nothing may be sent then */
  prepare(outbound: OutboundRequest, attempt?: number): Promise<AuthRequest>
  /**
   * Sends with authentication, and again after a recovery; at most three times.
   *
   * @param first what an adapter has sent by itself after `immediateAuth`, with its response; it counts as the first time
   * @throws AuthError, or what the transport threw
   */
  send<R>(outbound: OutboundRequest, transport: ExchangeTransport<R>, first?: SentRequest<R>): Promise<R>
  /**
   * The credentials that an authenticated request carries, and what they consist of (`Bearer t` and `t`). No URL of another
   * origin may hold one: see `holdsCredential`.
   */
  credentialsOf(request: Pick<AuthRequest, 'url' | 'headers'>): Set<string>
  /** The same URL and headers with nothing in them that may be a credential, for a request that leaves the allowed origins. */
  strip(url: string, headers: HeaderMapInit): { url: string; headers: HeaderMap }
}

/** Headers that describe what a client accepts; every other one may be a credential, and stays at the allowed origins. */
const harmlessHeaders = /^(accept(-.*)?|cache-control|content-language|if-.*|pragma|range|user-agent)$/

const maxRecoveries = 2

/**
 * Makes the engine for one provider, or for one binding.
 *
 * A transient failure to authenticate, or to recover, is tried once more after about 200 ms; a build failure is not, nor
 * a time-out. Every attempt starts from the caller's own request.
 *
 * @throws TypeError when `auth` is neither a provider nor a binding, `allowedOrigins` is missing, or an entry is not an origin
 */
export function createExchange(auth: AuthProvider | AuthBinding, options: ExchangeOptions = {}): Exchange {
  const composer = requestComposer(auth, options)
  const { provider, guard, bodyOf, begin, finish, credentialsOf } = composer
  const { kind, queryNames = [] } = provider
  const { otherOrigins, observer } = composer.options
  const statuses = statusesOf(provider)

  /** The authenticated request if that takes no time; otherwise undefined. */
  function prepareAtOnce(outbound: OutboundRequest, attempt: number): AuthRequest | undefined {
    if (!isImmediate(provider)) return undefined
    const { signal, minValidityMs } = outbound
    signal?.throwIfAborted()
    const startedAtMs = observer ? performance.now() : 0
    const final = provider.requiresBody ? readyBody(bodyOf(outbound, attempt)) : undefined
    if (provider.requiresBody && !final) return undefined
    const request = begin(outbound, attempt, final)
    const applied = applyAtOnce(provider, request, { signal, minValidityMs })
    return applied && finish(applied, outbound, attempt, startedAtMs)
  }

  async function prepareLater(outbound: OutboundRequest, attempt: number): Promise<AuthRequest> {
    const { signal, minValidityMs } = outbound
    const startedAtMs = observer ? performance.now() : 0
    let final: FinalBody | undefined
    if (provider.requiresBody) {
      const body = bodyOf(outbound, attempt)
      final = readyBody(body) ?? (await untilAborted(finalBody(body, kind), signal))
    }
    // Headers of a binding may follow variables, as its provider may: both are read at one instant.
    const request = begin(outbound, attempt, final)
    const applied = await applyAuth(provider, request, { signal, minValidityMs })
    return finish(applied, outbound, attempt, startedAtMs)
  }

  async function prepare(outbound: OutboundRequest, attempt = 0): Promise<AuthRequest> {
    return prepareAtOnce(outbound, attempt) ?? prepareLater(outbound, attempt)
  }

  return {
    provider,
    statuses,
    admits(url) {
      const target = guard.parse(url)
      const isPassed = otherOrigins === 'pass' && !guard.allows(target)
      if (!isPassed) guard.check(target)
      return !isPassed
    },
    allows: guard.allows,
    credentialsOf,
    prepare,
    async send(outbound, transport, first) {
      const { signal, minValidityMs } = outbound
      for (let attempt = 0; ; attempt++) {
        const sent = attempt === 0 ? first : undefined
        let request = sent?.request
        try {
          request ??= prepareAtOnce(outbound, attempt) ?? (await prepareLater(outbound, attempt))
        } catch (error) {
          request = await tryAgain(error, () => prepare(outbound, attempt), signal)
        }
        const response = sent ? sent.response : await transport.send(request, attempt)
        const status = transport.status(response)
        if (attempt === maxRecoveries || !statuses.includes(status)) return response
        const startedAtMs = performance.now()
        const report = (outcome: 'retry' | 'given-up' | 'failed', code?: string) => {
          const durationMs = performance.now() - startedAtMs
          notify(observer, {
            type: 'recovered',
            kind,
            status,
            attempt,
            outcome,
            durationMs,
            code,
            agentIdentity: provider.agentIdentity,
          })
        }
        // An answer that nobody reads, and that cannot be ended either, is no reason to fail.
        const discard = async () => transport.discard(response)
        const end = () => discard().catch(() => {})
        const readBody = () => transport.readBody(response)
        const rejection = { request, status, headers: transport.headers(response), readBody, attempt }
        try {
          const recover = async () => provider.recover?.(rejection, { signal, minValidityMs })
          // Also when the body cannot be sent again: the next request must not carry the refused credential.
          const recovered = await tryTwice(() => untilAborted(recover(), signal), signal)
          const isRetried = recovered === true && canRepeat(outbound)
          report(isRetried ? 'retry' : 'given-up')
          if (!isRetried) return response
        } catch (thrown) {
          const error = providerError(thrown, kind, signal)
          report('failed', AuthError.is(error) ? error.code : undefined)
          await end()
          throw error
        }
        await end()
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

async function tryTwice<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await task()
  } catch (error) {
    return tryAgain(error, task, signal)
  }
}

/** Whether the body of a request can be sent once more. */
function canRepeat({ body, replay }: OutboundRequest): boolean {
  return replay ? replay() !== undefined : !isStream(body)
}
