import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharedStore } from '@outbound-auth/shared-store'
import { checkSharedRecord } from '@outbound-auth/shared-store/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runProgram, scratchFolder } from '../support/engine-process.js'
import { expectPromise, isFull, lastOf, noteFigure, timesOf } from '../support/figures.js'
import { expectAllServed, isLoginAlive, startFleet } from '../support/fleet.js'
import { hasRedis, type RedisEngine, startRedis, startRedisCluster } from '../support/redis-engine.js'
import { startProxy } from '../support/tcp-proxy.js'
import { startUpstashRest } from '../support/upstash-rest.js'
import { type ClientName, openRecord, type Place } from '../workers/open-record.mjs'

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000))
const key = 'oa:fleet'
const count = 4
const loginClients: readonly ClientName[] = isFull ? ['ioredis', 'redis'] : ['redis']
const redisClients: readonly ClientName[] = ['ioredis', 'redis', 'iovalkey', 'glide', 'upstash']

/** A record whose client ends with the test. */
async function recordOf(place: Place) {
  const { record, close } = await openRecord(place)
  onTestFinished(() => void close())
  return record
}

describe.skipIf(!hasRedis)('redisRecord() keeps the contract', () => {
  for (const client of redisClients) {
    it(`with ${client}`, async () => {
      const { port } = await startRedis()
      const engine = client === 'upstash' ? await startUpstashRest(port) : port
      let places = 0
      const create = () => recordOf({ client, port: engine, key: `oa:${++places}` })
      for (const { run } of checkSharedRecord({ create })) await run()
    })
  }

  it('on a cluster of three nodes, for keys on all of them', async () => {
    const [node] = await startRedisCluster()
    const port = node?.port ?? 0
    for (const client of ['ioredis-cluster', 'redis-cluster'] as const) {
      for (let index = 0; index < 25; index++) {
        const record = await recordOf({ client, port, key: `oa:${client}:${index}` })
        const store = sharedStore<{ count: number }>({ record })
        expect(await store.update(() => ({ count: index }))).toEqual({ count: index })
        expect(await store.read()).toEqual({ count: index })
      }
    }
  })
})

describe.skipIf(!hasRedis)('processes that share one login', () => {
  it('refresh once a round on a cluster', async () => {
    const [node] = await startRedisCluster()
    const fleet = await startFleet({
      count,
      place: { client: 'ioredis-cluster', port: node?.port ?? 0, key },
    })
    const outcomes = [...(await fleet.round()), ...(await fleet.round())]
    expectAllServed(outcomes)
    const name = 'cluster of 3 nodes'
    expectPromise({ name, rounds: 2, ...fleet.counts(), time: timesOf(outcomes) })
  })

  it('need no more rights than EVAL, GET and SET on their key', async () => {
    const redis = await startRedis()
    redis.command('ACL', 'SETUSER', 'fleet', 'on', '>password-1', '~oa:*', '+eval', '+get', '+set')
    for (const client of loginClients) {
      const login = { username: 'fleet', password: 'password-1' }
      const fleet = await startFleet({
        count,
        place: { client, port: redis.port, key: `oa:${client}`, ...login },
      })
      const outcomes = await fleet.round()
      expectAllServed(outcomes)
      const name = `a user of Redis with \`~oa:* +eval +get +set\`, ${client}`
      expectPromise({ name, rounds: 1, ...fleet.counts(), time: timesOf(outcomes) })
      const other = await recordOf({ client, port: redis.port, key: 'other', ...login })
      await expect(other.get()).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_ACCESS', retryable: false })
    }
  })

  it.runIf(isFull)('keep the login when the rights are taken away in a refresh, and given back', async () => {
    const redis = await startRedis()
    const rules = ['on', '>password-1', '~oa:*', '+eval', '+get']
    redis.command('ACL', 'SETUSER', 'fleet', ...rules, '+set')
    const login = { username: 'fleet', password: 'password-1' }
    const fleet = await startFleet({
      count,
      afterMs: 300,
      place: { client: 'ioredis', port: redis.port, key, ...login },
    })
    const done = fleet.round()
    await fleet.next('refreshed')
    redis.command('ACL', 'SETUSER', 'fleet', '-set')
    await seconds(2)
    redis.command('ACL', 'SETUSER', 'fleet', '+set')
    const outcomes = await done
    expectAllServed(outcomes)
    const name = 'the right to write taken away for 2 s in a refresh'
    expectPromise({ name, rounds: 1, ...fleet.counts(), time: lastOf(outcomes) })
  })

  it('keep the login when the memory of Redis is full in a refresh', async () => {
    const redis = await startRedis()
    const fleet = await startFleet({
      count,
      afterMs: 300,
      place: { client: 'ioredis', port: redis.port, key },
    })
    const done = fleet.round()
    await fleet.next('refreshed')
    redis.command('CONFIG', 'SET', 'maxmemory', '1')
    await seconds(3)
    redis.command('CONFIG', 'SET', 'maxmemory', '0')
    const outcomes = await done
    expectAllServed(outcomes)
    const name = 'OOM under noeviction for 3 s in a refresh'
    expectPromise({ name, rounds: 1, ...fleet.counts(), time: lastOf(outcomes) })
    expect(fleet.warnings).toContain('ERR_AUTH_STORE_IO')
  })

  it.runIf(isFull)('keep the login when their primary becomes a replica in a refresh', async () => {
    const [old, next] = [await startRedis(), await startRedis()]
    next.command('REPLICAOF', '127.0.0.1', String(old.port))
    await expect.poll(() => next.command('INFO', 'replication')).toContain('master_link_status:up')
    const proxy = await startProxy({ port: old.port })
    const fleet = await startFleet({
      count,
      afterMs: 300,
      place: { client: 'ioredis', port: proxy.port, key },
    })
    expectAllServed(await fleet.round())
    const done = fleet.round()
    await fleet.next('refreshed')
    await expect.poll(() => next.command('GET', key) === old.command('GET', key)).toBe(true)
    next.command('REPLICAOF', 'NO', 'ONE')
    old.command('REPLICAOF', '127.0.0.1', String(next.port))
    await seconds(2)
    proxy.turnTo(next.port)
    const outcomes = await done
    expectAllServed(outcomes)
    const name = 'planned failover in a refresh: READONLY for 2 s'
    expectPromise({ name, rounds: 2, ...fleet.counts(), time: lastOf(outcomes) })
  })

  for (const policy of ['allkeys-lru', 'volatile-lru']) {
    const isKept = policy === 'volatile-lru'
    it.runIf(isFull)(
      `${isKept ? 'keep' : 'lose'} the login when Redis evicts keys by ${policy}`,
      async () => {
        const redis = await startRedis({ settings: ['--save', '', '--maxmemory-policy', policy] })
        const fleet = await startFleet({ count, place: { client: 'ioredis', port: redis.port, key } })
        expectAllServed(await fleet.round())
        fill(redis)
        const isAlive = await isLoginAlive(fleet)
        expect(isAlive).toBe(isKept)
        const name = `Redis is full, \`${policy}\``
        if (isKept) expectPromise({ name, rounds: 2, ...fleet.counts(), time: '–' })
        else
          noteFigure({
            table: 'not promised',
            name,
            rounds: 2,
            ...fleet.counts(),
            lost: 1,
            runs: 1,
            time: '–',
          })
      },
    )
  }
})

describe.skipIf(!hasRedis)('over TLS', () => {
  it('processes refresh once a round', async () => {
    const files = certificate()
    const { port } = await startRedis({ tls: files })
    for (const client of loginClients) {
      const fleet = await startFleet({ count, place: { client, port, key: `oa:${client}`, ca: files.cert } })
      const outcomes = await fleet.round()
      expectAllServed(outcomes)
      const name = `TLS, ${client}`
      expectPromise({ name, rounds: 1, ...fleet.counts(), time: timesOf(outcomes) })
    }
  })
})

/** Old keys are evicted, or those with a time to live. */
function fill(redis: RedisEngine): void {
  redis.command('CONFIG', 'SET', 'maxmemory', '4mb')
  const script = `for i = 1, 3000 do
    redis.call('SET', 'filler:' .. i, string.rep('x', 4096), 'EX', 100)
  end`
  for (let round = 0; round < 3; round++) redis.command('EVAL', script, '0')
}

/** A certificate for 127.0.0.1 that signs itself. */
function certificate() {
  const folder = scratchFolder()
  const [cert, keyFile, config] = [
    join(folder, 'cert.pem'),
    join(folder, 'key.pem'),
    join(folder, 'openssl.cnf'),
  ]
  writeFileSync(config, '[req]\ndistinguished_name=name\n[name]\n')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  runProgram('openssl', [
    'req',
    '-x509',
    ...curve,
    '-keyout',
    keyFile,
    '-out',
    cert,
    ...names,
    '-config',
    config,
  ])
  return { cert, key: keyFile }
}
