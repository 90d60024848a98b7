import { describe, expect, it } from 'vitest'
import { expectPromise, isFull, lastOf } from '../support/figures.js'
import { expectAllServed, isLoginAlive, startFleet } from '../support/fleet.js'
import { hasRedis, type RedisEngine, startRedis } from '../support/redis-engine.js'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js'
import type { ClientName } from '../workers/open-record.mjs'

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000))

interface Fault {
  readonly name: string
  readonly lasts: number
  readonly begin: (proxy: TcpProxy, redis: RedisEngine) => void
}

const faults: readonly Fault[] = [
  { name: 'all links cut', lasts: 3, begin: (proxy) => proxy.cut() },
  { name: 'all links swallow everything', lasts: isFull ? 7 : 4, begin: (proxy) => proxy.blackHole() },
  { name: 'the engine stands still', lasts: isFull ? 7 : 4, begin: (_, redis) => redis.suspend() },
]
const clients: readonly ClientName[] = isFull ? ['ioredis', 'redis'] : ['ioredis']

describe.skipIf(!hasRedis)('when the engine cannot be reached after the refresh token was sent', () => {
  for (const client of clients) {
    for (const { name, lasts, begin } of isFull ? faults : faults.slice(0, 2)) {
      it(`the holder writes the new one as soon as it can: ${name}, ${client}`, async () => {
        const redis = await startRedis()
        const proxy = await startProxy({ port: redis.port })
        const place = { client, port: proxy.port, key: 'oa:fleet' }
        const fleet = await startFleet({ count: isFull ? 8 : 4, afterMs: 500, place })
        const done = fleet.round()
        await fleet.next('refreshed')
        begin(proxy, redis)
        await seconds(lasts)
        proxy.heal()
        redis.resume()
        const outcomes = await done
        expectAllServed(outcomes)
        const label = `${name} for ${lasts} s after the refresh token was sent, ${client}`
        expectPromise({ name: label, rounds: 1, ...fleet.counts(), time: lastOf(outcomes) })
        expect(await isLoginAlive(fleet)).toBe(true)
        expect(fleet.counts().reuses).toBe(0)
      })
    }
  }

  it.runIf(isFull)(
    'a holder alone that is cut off for less than holderTimeoutMs keeps the lock',
    async () => {
      const redis = await startRedis()
      const alone = await startProxy({ port: redis.port })
      const place = { client: 'ioredis', port: redis.port, key: 'oa:fleet' } as const
      const fleet = await startFleet({ count: 0, afterMs: 500, place })
      const [holder] = await fleet.add(1, { place: { ...place, port: alone.port } })
      const others = await fleet.add(4, { afterMs: 0 })
      fleet.server.invalidate()
      const refreshed = fleet.next('refreshed')
      const held = holder?.send()
      await refreshed
      alone.cut()
      const waiting = others.map((member) => member.send())
      await seconds(8)
      alone.heal()
      const outcomes = await Promise.all([held, ...waiting])
      const ended = outcomes.filter((outcome) => outcome !== undefined)
      expectAllServed(ended)
      const name = 'the link of the holder alone cut for 8 s after it sent (holderTimeoutMs 15000)'
      expectPromise({ name, rounds: 1, ...fleet.counts(), time: lastOf(ended) })
    },
  )
})
