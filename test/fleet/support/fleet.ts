import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type SharedStoreOptions, sharedStore } from '@outbound-auth/shared-store'
import { expect, onTestFinished } from 'vitest'
import { childEnvironment } from '../../../scripts/child-environment.mjs'
import { startOauthServer } from '../../slow/processes/oauth-server.mjs'
import { openRecord, type Place } from '../workers/open-record.mjs'
import { openRival } from '../workers/rival-stores.mjs'

/** Settings of one process of the fleet. */
export interface WorkerOptions {
  readonly place: Place
  readonly tokenEndpoint: string
  readonly api: string
  readonly store?: Partial<SharedStoreOptions<unknown>>
  /** Another store, for comparison. */
  readonly rival?: { readonly kind: 'redlock' | 'set-nx'; readonly lockMs: number }
  /** A pause under the lock before the refresh token is sent, in milliseconds. */
  readonly beforeMs?: number
  /** A pause under the lock after the new refresh token has come. */
  readonly afterMs?: number
}

/** A message of one process of the fleet. */
export type Report =
  | { readonly type: 'ready' | 'refreshing' | 'refreshed' }
  | { readonly type: 'warned'; readonly code: string }
  | (Outcome & { readonly type: 'done' })

/** How one request ended. */
export interface Outcome {
  /** 200, or the code of an error. */
  readonly status: number | string
  readonly ms: number
  /** Round trips to the engine. */
  readonly roundTrips: number
}

/** One process. */
export interface Member {
  readonly process: ChildProcess
  /** Sends one request. Never resolves if the process is killed. */
  send(): Promise<Outcome>
}

/** Processes with one login. */
export interface Fleet {
  readonly members: readonly Member[]
  readonly server: Awaited<ReturnType<typeof startOauthServer>>
  /** Codes of the events so far. */
  readonly warnings: readonly string[]
  /** Adds processes, with other options if need be. */
  add(count: number, options?: Partial<WorkerOptions>): Promise<Member[]>
  /** Ends all processes with kill -9. */
  killAll(): void
  /** Ends one process with kill -9. */
  kill(member: Member): void
  /** The next process that begins a refresh, or has its result. */
  next(type: 'refreshing' | 'refreshed'): Promise<Member>
  /** Lets one process after the other load its code and connect: the first of them refreshes. */
  warmUp(): Promise<void>
  /** Takes the access token away from all, and lets each process send a request. */
  round(): Promise<Outcome[]>
  /** The counts so far. */
  counts(): Counts
}

/** Counts of the server. */
export interface Counts {
  readonly refreshes: number
  /** Refresh tokens that were shown again after they were replaced. */
  readonly reuses: number
}

type Options = Omit<WorkerOptions, 'tokenEndpoint' | 'api'> & { readonly count: number }

/** Starts the server and the processes, and logs in once. */
export async function startFleet({ count, ...options }: Options): Promise<Fleet> {
  const server = await startOauthServer()
  onTestFinished(() => server.close())
  const whole: WorkerOptions = { ...options, tokenEndpoint: server.tokenEndpoint, api: server.api }
  const login = { refreshToken: await server.issue() }
  await writeLogin(whole, login)
  const members: Member[] = []
  const warnings: string[] = []
  const waiters: { readonly type: string; readonly found: (member: Member) => void }[] = []
  const start = async (more: Partial<WorkerOptions>): Promise<Member> => {
    const child = forkWorker({ ...whole, ...more })
    const member: Member = { process: child, send: () => sendOne(child) }
    child.on('message', (report: Report) => {
      if (report.type === 'warned') warnings.push(report.code)
      const index = waiters.findIndex(({ type }) => type === report.type)
      if (index >= 0) waiters.splice(index, 1)[0]?.found(member)
    })
    await reportOf(child, 'ready')
    return member
  }
  const fleet: Fleet = {
    members,
    server,
    warnings,
    async add(number, more = {}) {
      const added = await Promise.all(Array.from({ length: number }, () => start(more)))
      members.push(...added)
      return added
    },
    kill(member) {
      members.splice(members.indexOf(member), 1)
      member.process.kill('SIGKILL')
    },
    killAll() {
      for (const member of [...members]) fleet.kill(member)
    },
    next: (type) => new Promise((found) => waiters.push({ type, found })),
    async warmUp() {
      for (const member of members) expectAllServed([await member.send()])
    },
    async round() {
      server.invalidate()
      return Promise.all(members.map((member) => member.send()))
    },
    counts: () => ({
      refreshes: server.stats.refreshes,
      reuses: server.stats.errors.filter((error) => error.includes('already used')).length,
    }),
  }
  await fleet.add(count)
  return fleet
}

/** Expects that each request of a round had a token that the API takes. */
export function expectAllServed(outcomes: readonly Outcome[]): void {
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([200]))
}

/** Whether the login still works: each process gets a token, in one more round. */
export async function isLoginAlive(fleet: Fleet): Promise<boolean> {
  const outcomes = await fleet.round()
  return outcomes.every(({ status }) => status === 200)
}

function forkWorker(options: WorkerOptions): ChildProcess {
  const path = fileURLToPath(new URL('../workers/fleet-worker.mjs', import.meta.url))
  const child = fork(path, [JSON.stringify(options)], { env: childEnvironment(), execArgv: [] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function writeLogin(options: WorkerOptions, login: object): Promise<void> {
  const { place, rival, store } = options
  if (rival) {
    await openRival(place, rival.kind, rival.lockMs).update(() => login)
    return
  }
  const { record, close } = await openRecord(place)
  await sharedStore({ ...store, record }).update(() => login)
  await close()
}

async function sendOne(child: ChildProcess): Promise<Outcome> {
  const done = reportOf(child, 'done')
  child.send('go')
  return done as Promise<Report & Outcome>
}

async function reportOf(child: ChildProcess, type: Report['type']): Promise<Report> {
  for (;;) {
    const [report]: Report[] = (await once(child, 'message')) as Report[]
    if (report?.type === type) return report
  }
}
