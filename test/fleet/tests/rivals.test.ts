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
    name: 'all links swallow everything for 13 s after the refresh token was sent',
    options: { afterMs: 500 },
    rounds: 1,
    async play(fleet, proxy) {
      const done = fleet.round()
      await fleet.next('refreshed')
      proxy.blackHole()
      await seconds(13)
      proxy.heal()
      return done
    },
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

describe.runIf(isFull && hasRedis)('for comparison, on the same rounds', () => {
  for (const scene of scenes) {
    for (const { name, options } of stores) {
      it(`${scene.name}: ${name}`, async () => {
        const redis = await startRedis()
        const proxy = await startProxy({ port: redis.port, roundTripMs: 20 })
        const place = { client: 'ioredis', port: proxy.port, key: 'oa:fleet' } as const
        const fleet = await startFleet({ count, place, ...scene.options, ...options })
        const outcomes = await scene.play(fleet, proxy, redis)
        const counts = fleet.counts()
        const lost = counts.reuses > 0 || !(await isLoginAlive(fleet)) ? 1 : 0
        const time = scene.rounds > 3 ? timesOf(outcomes) : lastOf(outcomes)
        noteFigure({
          table: 'others',
          name: `${scene.name}: ${name}`,
          rounds: scene.rounds,
          ...counts,
          lost,
          runs: 1,
          time,
        })
        if (name === 'sharedStore')
          expect({ ...counts, lost }).toEqual({ refreshes: scene.rounds, reuses: 0, lost: 0 })
      })
    }
  }
})
