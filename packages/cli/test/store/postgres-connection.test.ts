import pg from 'pg'
import { expect, test } from 'vitest'
import { postgresConnection } from '../../src/store/postgres-connection.js'
import { postgresServer } from './postgres-server.js'

const read = 'select body, version from outbound_auth_documents where name = $1'

test('postgresConnection() gives up a statement without a response, and opens another connection', async () => {
  const server = await postgresServer({ silent: 2 })
  const { query, close } = postgresConnection(`postgres://u@127.0.0.1:${server.port}/a`, pg, 1000)
  const rejected = await Promise.allSettled([query(read, ['a']), query(read, ['a'])])
  expect(rejected.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await query(read, ['a'])).rows).toEqual([])
  await close()
  await expect.poll(server.open).toBe(0)
})

test('postgresConnection() is closed although a statement has no response', async () => {
  const server = await postgresServer({ silent: 9 })
  const { query, close } = postgresConnection(`postgres://u@127.0.0.1:${server.port}/a`, pg, 1000)
  const running = query(read, ['a']).catch(() => 'given up')
  await expect.poll(() => server.statements.length).toBe(1)
  await close()
  expect(await running).toBe('given up')
  await expect.poll(server.open).toBe(0)
})
