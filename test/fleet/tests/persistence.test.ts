import { describe, expect, it } from 'vitest'
import { freePorts } from '../../../scripts/local-port.mjs'
import { expectPromise, isFull, noteFigure, timesOf } from '../support/figures.js'
import { expectAllServed, type Fleet, isLoginAlive, startFleet } from '../support/fleet.js'
import { hasRedis, type RedisEngine, startRedis } from '../support/redis-engine.js'
import { startProxy } from '../support/tcp-proxy.js'

const count = isFull ? 8 : 4
const key = 'oa:fleet'
const runs = isFull ? 3 : 1

describe.skipIf(!hasRedis)('after kill -9 of Redis', () => {
  for (const fsync of isFull ? ['everysec', 'always'] : ['everysec']) {
    it(`nothing is lost with an append-only file and appendfsync ${fsync}`, async () => {
      const settings = ['--save', '', '--appendonly', 'yes', '--appendfsync', fsync]
      const redis = await startRedis({ settings })
      const fleet = await startFleet({ count, place: { client: 'ioredis', port: redis.port, key } })
      const outcomes = []
      for (let run = 1; run <= runs; run++) {
        expectAllServed(await fleet.round())
        await restart(redis)
        const ended = await fleet.round()
        expectAllServed(ended)
        outcomes.push(...ended)
      }
      const name = `kill -9 of Redis, append-only file, appendfsync ${fsync}, ${runs} times`
      expectPromise({ name, rounds: 2 * runs, ...fleet.counts(), time: timesOf(outcomes) })
      expect(fleet.warnings).not.toContain('ERR_AUTH_STORE_ROLLBACK')
    })
  }

  it('processes that know a newer document than the snapshot restore it', async () => {
    const { fleet } = await withOldSnapshot()
    const outcomes = await fleet.round()
    expectAllServed(outcomes)
    expectAllServed(await fleet.round())
    expect(fleet.warnings).toContain('ERR_AUTH_STORE_ROLLBACK')
    const name = 'kill -9 of Redis, snapshot one refresh old, the processes live'
    expectPromise({ name, rounds: 4, ...fleet.counts(), time: timesOf(outcomes) })
  })

  it.runIf(isFull)('the login is lost if nobody knows a newer document than the snapshot', async () => {
    const { fleet } = await withOldSnapshot()
    fleet.killAll()
    await fleet.add(count)
    await fleet.round()
    expect(await isLoginAlive(fleet)).toBe(false)
    const name = 'kill -9 of Redis, snapshot one refresh old, all processes new'
    noteLost(fleet, name, 2)
    expect(fleet.counts().reuses).toBeGreaterThan(0)
  })

  it('the login is lost without persistence, and no process restores it', async () => {
    const redis = await startRedis()
    const fleet = await startFleet({ count, place: { client: 'ioredis', port: redis.port, key } })
    expectAllServed(await fleet.round())
    await restart(redis)
    const outcomes = await fleet.round()
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['ERR_AUTH_CREDENTIAL']))
    expect(fleet.counts()).toEqual({ refreshes: 1, reuses: 0 })
    noteLost(fleet, 'restart of Redis without persistence: `ERR_AUTH_CREDENTIAL`', 1)
  })
})

describe.skipIf(!hasRedis)('after the promotion of a replica that is one refresh behind', () => {
  it('processes that know a newer document restore it', async () => {
    const fleet = await withPromotedReplica()
    const outcomes = await fleet.round()
    expectAllServed(outcomes)
    expect(fleet.warnings).toContain('ERR_AUTH_STORE_ROLLBACK')
    const name = 'replica one refresh behind is promoted, the processes live'
    expectPromise({ name, rounds: 3, ...fleet.counts(), time: timesOf(outcomes) })
  })

  it.runIf(isFull)('the login is lost if nobody knows a newer document', async () => {
    const fleet = await withPromotedReplica()
    fleet.killAll()
    await fleet.add(count)
    await fleet.round()
    expect(await isLoginAlive(fleet)).toBe(false)
    noteLost(fleet, 'replica one refresh behind is promoted, all processes new', 2)
  })
})

/** Two refreshes, of which the snapshot that Redis restarts from has the first. */
async function withOldSnapshot() {
  const redis = await startRedis()
  const fleet = await startFleet({ count, place: { client: 'ioredis', port: redis.port, key } })
  expectAllServed(await fleet.round())
  redis.command('SAVE')
  expectAllServed(await fleet.round())
  await restart(redis)
  return { fleet, redis }
}

/** Two refreshes, of which the replica that is promoted has the first. */
async function withPromotedReplica(): Promise<Fleet> {
  const primary = await startRedis()
  const replica = await startRedis()
  replica.command('REPLICAOF', '127.0.0.1', String(primary.port))
  const proxy = await startProxy({ port: primary.port })
  const fleet = await startFleet({ count, place: { client: 'ioredis', port: proxy.port, key } })
  expectAllServed(await fleet.round())
  expect(primary.command('WAIT', '1', '20000')).toBe('1')
  await expect.poll(() => replica.command('GET', key)).toBe(primary.command('GET', key))
  const [nowhere = 0] = await freePorts(1)
  replica.command('REPLICAOF', '127.0.0.1', String(nowhere))
  expectAllServed(await fleet.round())
  await primary.kill()
  replica.command('REPLICAOF', 'NO', 'ONE')
  proxy.turnTo(replica.port)
  return fleet
}

async function restart(redis: RedisEngine): Promise<void> {
  await redis.kill()
  await redis.start()
}

function noteLost(fleet: Fleet, name: string, rounds: number): void {
  noteFigure({ table: 'not promised', name, rounds, ...fleet.counts(), lost: 1, runs: 1, time: '–' })
}
