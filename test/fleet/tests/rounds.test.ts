import { describe, expect, it } from 'vitest'
import { expectPromise, isFull, noteFigure, timesOf } from '../support/figures.js'
import { expectAllServed, type Outcome, startFleet } from '../support/fleet.js'
import { hasRedis, startRedis } from '../support/redis-engine.js'
import { startProxy } from '../support/tcp-proxy.js'
import { startUpstashRest } from '../support/upstash-rest.js'
import type { ClientName } from '../workers/open-record.mjs'

interface Load {
  readonly client: ClientName
  readonly count: number
  readonly rounds: number
  readonly roundTripMs: number
}

const always: readonly Load[] = [
  { client: 'ioredis', count: 8, rounds: isFull ? 60 : 20, roundTripMs: 0 },
  { client: 'redis', count: 8, rounds: isFull ? 60 : 3, roundTripMs: 50 },
]
const more: readonly Load[] = [
  { client: 'iovalkey', count: 8, rounds: 20, roundTripMs: 0 },
  { client: 'glide', count: 8, rounds: 20, roundTripMs: 0 },
  { client: 'upstash', count: 8, rounds: 20, roundTripMs: 0 },
  { client: 'ioredis', count: 32, rounds: 20, roundTripMs: 0 },
  { client: 'ioredis', count: 100, rounds: 8, roundTripMs: 50 },
]

describe.skipIf(!hasRedis)('processes that share one login over Redis', () => {
  for (const load of isFull ? [...always, ...more] : always) {
    const { client, count, rounds, roundTripMs } = load
    const name = `${count} processes, ${client}, round trip ${roundTripMs} ms`
    it(`refresh once a round: ${name}`, async () => {
      const redis = await startRedis()
      const engine = client === 'upstash' ? await startUpstashRest(redis.port) : redis.port
      const { port } = await startProxy({ port: engine, roundTripMs })
      const encryptionKeys = [Buffer.alloc(32, 7).toString('base64')]
      const fleet = await startFleet({
        count,
        place: { client, port, key: 'oa:fleet' },
        store: { encryptionKeys },
      })
      await fleet.warmUp()
      const outcomes: Outcome[] = []
      for (let round = 1; round <= rounds; round++) {
        const ended = await fleet.round()
        expectAllServed(ended)
        outcomes.push(...ended)
      }
      expectPromise({ name, rounds: rounds + 1, ...fleet.counts(), time: timesOf(outcomes) })
      expect(fleet.warnings).toEqual([])
    })
  }

  it('go to the engine 5 times for a refresh, once for a token of another, never with a valid one', async () => {
    const { port } = await startRedis()
    const fleet = await startFleet({ count: 2, place: { client: 'redis', port, key: 'oa:fleet' } })
    const [first, second] = fleet.members
    const trips = async (member = first) => (await member?.send())?.roundTrips
    expect(await trips(first)).toBe(5)
    expect(await trips(second)).toBe(1)
    expect(await trips(first)).toBe(0)
    expect(await trips(second)).toBe(0)
    const rows = { 'a refresh': 5, 'a token that another process has fetched': 1, 'a valid token': 0 }
    for (const [name, count] of Object.entries(rows))
      noteFigure({
        table: 'latency',
        name,
        rounds: 1,
        ...fleet.counts(),
        lost: 0,
        runs: 1,
        time: String(count),
      })
  })
})
