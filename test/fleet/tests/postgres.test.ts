import { sharedStore } from '@outbound-auth/shared-store'
import { checkSharedRecord } from '@outbound-auth/shared-store/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectPromise, isFull, timesOf } from '../support/figures.js'
import { expectAllServed, type Outcome, startFleet } from '../support/fleet.js'
import {
  hasPgBouncer,
  hasPostgres,
  startPgBouncer,
  startPostgres,
  untilReady,
} from '../support/postgres-engine.js'
import { type ClientName, openRecord } from '../workers/open-record.mjs'

const clients: readonly ClientName[] = ['pg', 'postgres']
const count = isFull ? 8 : 4
const rounds = isFull ? 20 : 2

describe.skipIf(!hasPostgres)('over PostgreSQL', () => {
  it('postgresRecord() keeps the contract, and tells a missing right from a failure', async () => {
    const { port, sql } = await startPostgres()
    for (const client of clients) {
      const create = async () => {
        const { record, close } = await openRecord({ client, port, key: `${client} ${++places}` })
        onTestFinished(() => void close())
        return record
      }
      let places = 0
      for (const { run } of checkSharedRecord({ create })) await run()
      sql('alter table outbound_auth_documents rename to away')
      const record = await create()
      await expect(record.get()).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_ACCESS', retryable: false })
      sql('alter table away rename to outbound_auth_documents')
      expect(await record.get()).toBeUndefined()
    }
  })

  it('processes refresh once a round', async () => {
    const { port } = await startPostgres()
    const loads = clients.map((client) => ({ client, members: count, times: rounds }))
    if (isFull) loads.push({ client: 'pg', members: 32, times: 4 })
    for (const { client, members, times } of loads) {
      const fleet = await startFleet({ count: members, place: { client, port, key: `${client} ${members}` } })
      await fleet.warmUp()
      const outcomes: Outcome[] = []
      for (let round = 1; round <= times; round++) outcomes.push(...(await fleet.round()))
      expectAllServed(outcomes)
      const name = `${members} processes, PostgreSQL, ${client}, round trip 0 ms`
      expectPromise({ name, rounds: times + 1, ...fleet.counts(), time: timesOf(outcomes) })
      fleet.killAll()
    }
  })

  it.skipIf(!hasPgBouncer)(
    'processes refresh once a round behind PgBouncer in transaction mode',
    async () => {
      const { port } = await startPgBouncer(await startPostgres())
      for (const client of isFull ? clients : clients.slice(0, 1)) {
        const fleet = await startFleet({ count, place: { client, port, key: client } })
        const outcomes: Outcome[] = []
        for (let round = 1; round <= rounds; round++) outcomes.push(...(await fleet.round()))
        expectAllServed(outcomes)
        const name = `${count} processes, PgBouncer in transaction mode, ${client}`
        expectPromise({ name, rounds, ...fleet.counts(), time: timesOf(outcomes) })
        fleet.killAll()
      }
    },
  )

  it('nothing is lost after kill -9', async () => {
    const postgres = await startPostgres()
    const fleet = await startFleet({ count, place: { client: 'pg', port: postgres.port, key: 'team' } })
    const outcomes: Outcome[] = []
    const kills = isFull ? 3 : 1
    for (let kill = 1; kill <= kills; kill++) {
      expectAllServed(await fleet.round())
      await postgres.kill()
      await postgres.start()
      await untilReady(postgres)
      const ended = await fleet.round()
      expectAllServed(ended)
      outcomes.push(...ended)
    }
    const name = `kill -9 of PostgreSQL, ${kills} times`
    expectPromise({ name, rounds: 2 * kills, ...fleet.counts(), time: timesOf(outcomes) })
  })

  it.runIf(isFull)('the whole document is in one row, and removing the row is a logout', async () => {
    const { port, sql } = await startPostgres()
    const { record, close } = await openRecord({ client: 'pg', port, key: 'team' })
    onTestFinished(() => void close())
    const store = sharedStore<{ count: number }>({ record })
    await store.update(() => ({ count: 1 }))
    expect(sql('select count(*) from outbound_auth_documents')).toBe('1')
    sql("delete from outbound_auth_documents where name = 'team'")
    expect(await store.read()).toBeUndefined()
    expect(sql('select count(*) from outbound_auth_documents')).toBe('0')
  })
})
