import { AuthError } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import type { ResolvedAuth } from '@outbound-auth/resolver'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { reportError } from '../context/error-report.js'
import { decideTarget, labelOf } from '../target/resolve-target.js'
import type { Target } from '../target/target.js'
import { openCredential } from '../token/open-credential.js'
import type { DoctorCheck } from './doctor-check.js'

/** A provider that was looked at. */
export interface CheckedProvider {
  readonly checks: readonly DoctorCheck[]
  /** Where its requests go, and the authorization server. */
  readonly urls: readonly string[]
}

/** A credential that ends sooner is reported, in milliseconds. */
const soonMs = 600_000

/** Looks whether a provider's credential can be got, when it expires, and what it would send. Nothing is sent. */
export async function checkProvider(
  name: string | undefined,
  context: CommandContext,
  found: Parameters<typeof decideTarget>[2],
): Promise<CheckedProvider> {
  const about = name ?? 'Codex home'
  try {
    const args = { ...context.args, provider: name ?? context.args.provider }
    const target = await decideTarget('', { ...context, args }, found)
    const resolved = target.open ? await target.open(() => {}) : (await target.resolve()).resolved
    const url = resolved.baseUrl ?? resolved.allowedOrigins[0]
    const sent = await checkCredential(target, resolved, url, context)
    const warnings = target.remarks.map((message) => ({ status: 'warning', about, message }) as const)
    return { checks: [{ ...sent, about: labelOf(target.choice) }, ...warnings], urls: urlsOf(target, url) }
  } catch (error) {
    const { report } = reportError(error)
    return {
      checks: [{ status: 'failure', about, message: `${report.message} (${report.code})` }],
      urls: [],
    }
  }
}

function urlsOf({ definition = {} }: Target, url: string | undefined): string[] {
  const { kind, issuer, tokenEndpoint } = definition
  const server = kind === 'oauth' || kind === 'dpop' ? (tokenEndpoint ?? issuer) : undefined
  return [url, server].filter((known): known is string => typeof known === 'string')
}

async function checkCredential(
  target: Target,
  resolved: ResolvedAuth,
  url: string | undefined,
  { args, signal }: CommandContext,
): Promise<Omit<DoctorCheck, 'about'>> {
  const { provider, reason, kind } = resolved
  const exchange = createExchange(resolved, { allowInsecureTransport: args.allowInsecureTransport })
  if (url !== undefined) exchange.admits(url)
  const places = [...provider.headerNames, ...(provider.queryNames ?? []).map((parameter) => `?${parameter}`)]
  const sends = places.length > 0 ? `sends ${places.join(', ')}` : 'sends no credential'
  if (/^(none|agent-identity|dpop)$/.test(kind)) {
    if (url !== undefined) await prepare(exchange, url, target, signal)
    return { status: 'ok', message: `${sends}; ${reason}` }
  }
  const { expiresAt } = await openCredential(target, { args, signal })
  if (expiresAt === undefined) return { status: 'ok', message: `${sends}; ${reason}; no expiry is known` }
  const isSoon = expiresAt.getTime() - Date.now() < soonMs
  const expiry = `expires at ${expiresAt.toISOString()}`
  // The token of a workload is as short as its service makes it, and the next one comes by itself.
  if (!isSoon || kind === 'workload-identity')
    return { status: 'ok', message: `${sends}; ${reason}; ${expiry}` }
  return { status: 'warning', message: `${sends}; ${reason}; ${expiry}. Renew it at its source` }
}

async function prepare(
  exchange: ReturnType<typeof createExchange>,
  url: string,
  { choice }: Target,
  signal: AbortSignal,
): Promise<void> {
  await exchange.prepare({ method: 'GET', url, headers: {}, signal }).catch((error) => {
    throw AuthError.is(error) ? locatedRequestError(error, choice.locate) : error
  })
}
