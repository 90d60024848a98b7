import type { Fetch } from '@outbound-auth/fetch'
import { networkError } from '../network/network-error.js'
import { proxyNameFor } from '../network/proxy-variables.js'
import type { DoctorCheck } from './doctor-check.js'

/** Signatures and tokens are rejected when the clocks differ by more, in milliseconds: five minutes at AWS. */
const allowedSkewMs = 300_000
const noticedSkewMs = 30_000
const timeoutMs = 10_000

/** Asks a server for its time, without a credential: whether it can be reached, and how far the clocks are apart. */
export async function checkServer(
  origin: string,
  {
    env,
    fetch = globalThis.fetch,
    signal,
  }: {
    readonly env: Readonly<Record<string, string | undefined>>
    readonly fetch?: Fetch | undefined
    readonly signal: AbortSignal
  },
): Promise<DoctorCheck> {
  const proxy = proxyNameFor(new URL(origin), env)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  let date: string | null
  const startedAt = Date.now()
  try {
    const response = await fetch(`${origin}/`, { method: 'HEAD', redirect: 'manual', signal: limit })
    await response.body?.cancel()
    date = response.headers.get('date')
  } catch (error) {
    signal.throwIfAborted()
    const late = limit.aborted ? { code: 'ETIMEDOUT' } : error
    const { message, code } = networkError(late, { problem: 'cannot be reached', proxy })
    return { status: 'failure', about: origin, message: `${message} (${code})` }
  }
  const by = proxy === undefined ? '' : `, through the proxy of ${proxy}`
  const serverMs = Date.parse(date ?? '')
  if (Number.isNaN(serverMs))
    return { status: 'ok', about: origin, message: `can be reached${by}; it tells no time` }
  // The header has whole seconds, and the response took a while.
  const skewMs = (startedAt + Date.now()) / 2 - (serverMs + 500)
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  if (Math.abs(skewMs) < noticedSkewMs)
    return { status: 'ok', about: origin, message: `can be reached${by}; the clocks agree` }
  const direction = skewMs > 0 ? 'ahead of' : 'behind'
  const message = `this machine's clock is ${seconds} s ${direction} the server's. Set it, or let it be set by NTP`
  return { status: Math.abs(skewMs) > allowedSkewMs ? 'failure' : 'warning', about: origin, message }
}
