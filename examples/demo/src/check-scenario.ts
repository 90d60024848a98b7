import { PassThrough } from 'node:stream'
import { type CommandIo, run } from '@outbound-auth/cli'
import type { DemoScenario } from './demo-scenario.js'
import type { DemoServer } from './demo-server.js'

/** The checks of one scenario. */
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

/** The surroundings of the checks. */
export interface DemoEnvironment extends Pick<CommandIo, 'env' | 'cwd' | 'fetch' | 'signal'> {
  readonly server: DemoServer
  /** A server that no configuration allows. */
  readonly foreign: DemoServer
}

interface Outcome {
  /** Undefined if nothing came back. */
  readonly status: number | undefined
  /** The status with the server's reason, or the code of the error. */
  readonly seen: string
  /** Names of the headers that the last request had. */
  readonly sentHeaders: readonly string[]
}

const path = 'v1/models'

/** Sends the requests of one scenario with `outbound-auth request`, and judges what happened. */
export async function checkScenario(
  scenario: DemoScenario,
  environment: DemoEnvironment,
): Promise<DemoResult> {
  const { server, foreign } = environment
  const { name, kind, requests: expected = 1 } = scenario
  const { reason = '', headerNames = [], queryNames = [] } = await explain(name, environment)
  const requestsBefore = server.count(name)
  const accepted = await request(name, path, environment)
  const requests = server.count(name) - requestsBefore
  const tampered = await request(`${name}-tampered`, path, environment)
  const foreignBefore = foreign.count()
  const elsewhere = await request(name, `${foreign.origin}/${path}`, environment)
  const leaked = foreign.count() - foreignBefore
  const isCountRight = requests === expected || accepted.status === undefined
  return {
    provider: name,
    kind,
    reason,
    carriers: [
      ...headerNames.filter((header) => accepted.sentHeaders.includes(header)),
      ...queryNames.map((parameter) => `?${parameter}`),
    ],
    requests,
    checks: {
      verified: {
        passed: accepted.status === 200 && requests === expected,
        seen: isCountRight ? accepted.seen : `${accepted.seen} after ${requests} requests, not ${expected}`,
      },
      tamperedRefused: { passed: tampered.status === 401, seen: tampered.seen },
      otherOriginRefused: {
        passed: leaked === 0 && elsewhere.seen === 'ERR_AUTH_ORIGIN',
        seen: leaked === 0 ? `${elsewhere.seen}, nothing sent` : `${leaked} requests sent`,
      },
    },
  }
}

interface Explanation {
  readonly reason?: string
  readonly headerNames?: readonly string[]
  readonly queryNames?: readonly string[]
}

async function explain(provider: string, environment: DemoEnvironment): Promise<Explanation> {
  const { out } = await runCommand(['explain', path, '--provider', provider, '--json'], environment)
  return JSON.parse(out || '{}')
}

async function request(provider: string, target: string, environment: DemoEnvironment): Promise<Outcome> {
  const { fetch = globalThis.fetch } = environment
  let sentHeaders: string[] = []
  const watched: typeof fetch = (input, init) => {
    sentHeaders = Object.keys(init?.headers ?? {})
    return fetch(input, init)
  }
  const words = ['request', target, '--provider', provider, '--json']
  const { out, err } = await runCommand(words, { ...environment, fetch: watched })
  if (out === '') return { status: undefined, seen: JSON.parse(err).error.code, sentHeaders }
  const { status, body } = JSON.parse(out)
  const { error }: { error?: string } = JSON.parse(body)
  return { status, seen: error === undefined ? `${status}` : `${status}: ${error}`, sentHeaders }
}

async function runCommand(
  words: readonly string[],
  { env, cwd, fetch, signal }: DemoEnvironment,
): Promise<{ out: string; err: string }> {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
  await run(words, { stdout, stderr, stdin, env, cwd, fetch, signal })
  signal?.throwIfAborted()
  const textOf = (stream: PassThrough) => String(stream.read() ?? '')
  return { out: textOf(stdout), err: textOf(stderr) }
}
