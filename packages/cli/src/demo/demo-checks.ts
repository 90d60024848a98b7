import { createHeaderMap } from '@outbound-auth/core'
import type { CommandContext } from '../lib/command.js'
import { reportError } from '../lib/error-report.js'
import { sendRequest } from '../request/send-request.js'
import { decideTarget } from '../target/resolve-target.js'
import type { DemoScenario } from './demo-scenarios.js'
import type { DemoServer } from './demo-server.js'

/** What one scenario showed. */
export interface DemoResult {
  readonly provider: string
  readonly kind: string
  readonly reason: string
  /** Header names, and query parameters with a question mark before them, that carry the credential. */
  readonly carriers: readonly string[]
  readonly requests: number
  /** Each check, with what was seen. */
  readonly checks: Readonly<Record<'verified' | 'tamperedRefused' | 'otherOriginRefused', DemoCheck>>
}

/** One check. */
export interface DemoCheck {
  readonly passed: boolean
  readonly seen: string
}

/** What the checks run with. */
export interface DemoEnvironment {
  readonly context: CommandContext
  readonly server: DemoServer
  /** A server that no configuration allows. */
  readonly foreign: DemoServer
}

interface Outcome {
  readonly status: number | undefined
  readonly seen: string
  readonly reason: string
  readonly carriers: readonly string[]
}

const path = 'v1/models'

/** Sends the requests of one scenario, each by the way that `outbound-auth request` goes, and judges what happened. */
export async function checkScenario(
  scenario: DemoScenario,
  environment: DemoEnvironment,
): Promise<DemoResult> {
  const { server, foreign } = environment
  const { name, kind, requests: expected = 1 } = scenario
  const before = server.count(name)
  const accepted = await attempt(name, path, environment)
  const requests = server.count(name) - before
  const tampered = await attempt(`${name}-tampered`, path, environment)
  const elsewhere = foreign.count()
  const refused = await attempt(name, `${foreign.origin}/${path}`, environment)
  const leaked = foreign.count() - elsewhere
  return {
    provider: name,
    kind,
    reason: accepted.reason,
    carriers: accepted.carriers,
    requests,
    checks: {
      verified: {
        passed: accepted.status === 200 && requests === expected,
        seen:
          requests === expected || accepted.status === undefined
            ? accepted.seen
            : `${accepted.seen} after ${requests} requests, not ${expected}`,
      },
      tamperedRefused: { passed: tampered.status === 401, seen: tampered.seen },
      otherOriginRefused: {
        passed: leaked === 0 && refused.seen === 'ERR_AUTH_ORIGIN',
        seen: leaked === 0 ? `${refused.seen}, nothing sent` : `${leaked} requests sent`,
      },
    },
  }
}

async function attempt(provider: string, target: string, { context }: DemoEnvironment): Promise<Outcome> {
  const { signal, fetch = globalThis.fetch, args } = context
  let reason = ''
  let carriers: string[] = []
  try {
    const { resolve } = await decideTarget(target, { ...context, args: { ...args, provider } })
    const { url, resolved } = await resolve()
    reason = resolved.reason
    const { headerNames, queryNames = [] } = resolved.provider
    const watched: typeof fetch = (input, init) => {
      const sent = headerNames.filter((name) => Object.hasOwn(init?.headers ?? {}, name))
      carriers = [...sent, ...queryNames.map((name) => `?${name}`)]
      return fetch(input, init)
    }
    const outgoing = { method: 'GET', headers: createHeaderMap(), body: undefined }
    const { response } = await sendRequest({ ...outgoing, url, resolved, signal, fetch: watched })
    const answer: { error?: string } = JSON.parse(await response.text())
    const seen = answer.error === undefined ? `${response.status}` : `${response.status}: ${answer.error}`
    return { status: response.status, seen, reason, carriers }
  } catch (error) {
    signal.throwIfAborted()
    return { status: undefined, seen: reportError(error).report.code, reason, carriers }
  }
}
