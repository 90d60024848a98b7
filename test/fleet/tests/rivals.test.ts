import { describe, expect, it } from 'vitest'
import { isFull, lastOf, noteFigure, timesOf } from '../support/figures.js'
import { type Fleet, isLoginAlive, type Outcome, startFleet, type WorkerOptions } from '../support/fleet.js'
import { hasRedis, type RedisEngine, startRedis } from '../support/redis-engine.js'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js'

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000))
const count = 8
/** The locks of both rivals end by themselves after 10 s, the value of the README of redlock. */
const lockMs = 10_000
const stores = [
  { name: 'sharedStore', options: {} },
  { name: 'redlock', options: { rival: { kind: 'redlock', lockMs } } },
  { name: '`SET NX PX`', options: { rival: { kind: 'set-nx', lockMs } } },
] as const

interface Scene {
  readonly name: string
  readonly options: Partial<WorkerOptions>
  /** One run. @returns the requests whose times count */
  readonly play: (fleet: Fleet, proxy: TcpProxy, redis: RedisEngine) => Promise<Outcome[]>
  readonly rounds: number
  /** Processes at the start, all behind the proxy. @default 8 */
  readonly first?: number
}

const rounds = 20
const scenes: readonly Scene[] = [
  {
    name: `${rounds} rounds, round trip 20 ms`,
    options: {},
    rounds,
    async play(fleet) {
      const outcomes: Outcome[] = []
      for (let round = 1; round <= rounds; round++) outcomes.push(...(await fleet.round()))
      return outcomes
    },
  },
  {
    name: 'the token server takes 12 s',
    options: { afterMs: 12_000 },
    rounds: 1,
    play: (fleet) => fleet.round(),
  },
  {
    name: 'the link of the holder alone is cut for 11 s after the refresh token was sent',
    options: { afterMs: 500 },
    rounds: 1,
    async play(fleet, proxy, redis) {
      const others = await fleet.add(count - 1, { place: placeOf(redis.port) })
      const [holder] = fleet.members
      fleet.server.invalidate()
      const refreshed = fleet.next('refreshed')
      const held = holder?.send()
      await refreshed
      proxy.cut()
      const waiting = others.map((member) => member.send())
      await seconds(11)
      proxy.heal()
      const outcomes = await Promise.all([held, ...waiting])
      return outcomes.filter((outcome) => outcome !== undefined)
    },
    first: 1,
  },
  {
    name: 'Redis restarts from a snapshot one refresh old',
    options: {},
    rounds: 3,
    async play(fleet, _, redis) {
      await fleet.round()
      redis.command('SAVE')
      await fleet.round()
      await redis.kill()
      await redis.start()
      return fleet.round()
    },
  },
]

const placeOf = (port: number) => ({ client: 'ioredis', port, key: 'oa:fleet' }) as const

describe.runIf(isFull && hasRedis)('for comparison, on the same rounds', () => {
  for (const scene of scenes) {
    for (const { name, options } of stores) {
      it(`${scene.name}: ${name}`, async () => {
        const redis = await startRedis()
        const proxy = await startProxy({ port: redis.port, roundTripMs: 20 })
        const place = placeOf(proxy.port)
        const { first = count, play } = scene
        const fleet = await startFleet({ count: first, place, ...scene.options, ...options })
        const outcomes = await play(fleet, proxy, redis)
        // One more round shows whether the login works.
        const lost = (await isLoginAlive(fleet)) ? 0 : 1
        const counts = fleet.counts()
        const rounds = scene.rounds + 1
        const time = scene.rounds > 3 ? timesOf(outcomes) : lastOf(outcomes)
        const label = `${scene.name}: ${name}`
        noteFigure({ table: 'others', name: label, rounds, ...counts, lost, runs: 1, time })
        if (name === 'sharedStore')
          expect({ ...counts, lost }).toEqual({ refreshes: rounds, reuses: 0, lost: 0 })
      })
    }
  }
})
