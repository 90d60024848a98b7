import { describe, expect, it } from 'vitest'
import { postgresRecord } from '../src/postgres.js'
import { checkSharedRecord } from '../src/testing.js'

/** Runs the three statements as PostgreSQL does. */
function table() {
  const rows = new Map<string, { body: string; version: bigint }>()
  const texts: string[] = []
  const query = async (text: string, [name = '', body = '', version = '0']: string[]) => {
    texts.push(text)
    const row = rows.get(name)
    if (text.startsWith('select')) return row ? [{ body: row.body, version: String(row.version) }] : []
    if (text.startsWith('insert') ? row : row?.version !== BigInt(version)) return []
    const next = text.startsWith('insert') ? BigInt(version) : BigInt(version) + 1n
    rows.set(name, { body, version: next })
    return [{ version: String(next) }]
  }
  return { rows, texts, query }
}

describe('postgresRecord() keeps the contract:', () => {
  const create = () => postgresRecord({ name: 'team', query: table().query })
  for (const { name, run } of checkSharedRecord({ create })) it(name, run)
})

it('postgresRecord() writes when there is no row, and then only over the version that was read', async () => {
  const { rows, query } = table()
  const record = postgresRecord({ name: 'team', query })
  expect(record.name).toBe('the row team of the table outbound_auth_documents')
  expect(await record.get()).toBeUndefined()
  const first = await record.put('one', undefined)
  expect(await record.get()).toEqual({ text: 'one', version: first })
  expect(await record.put('two', undefined)).toBeUndefined()
  const second = await record.put('two', first)
  expect(second).not.toBe(first)
  expect(await record.put('three', first)).toBeUndefined()
  expect(await record.get()).toEqual({ text: 'two', version: second })
  rows.clear()
  expect(await record.put('one', undefined)).not.toBe(first)
})

it('postgresRecord() reads the rows of pg, and names the table', async () => {
  const { texts, query } = table()
  const record = postgresRecord({
    name: 'team',
    table: 'auth.documents',
    query: async (text, values) => ({ rows: await query(text, values) }),
  })
  await record.put('x', undefined)
  expect(await record.get()).toMatchObject({ text: 'x' })
  expect(texts.every((text) => text.includes(' auth.documents '))).toBe(true)
})

it.each([
  ['ERR_AUTH_STORE_ACCESS', '42P01'],
  ['ERR_AUTH_STORE_ACCESS', '42501'],
  ['ERR_AUTH_STORE_ACCESS', '28P01'],
  ['ERR_AUTH_STORE_ACCESS', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['ERR_AUTH_STORE_ACCESS', 'CERT_HAS_EXPIRED'],
  ['ERR_AUTH_STORE_IO', '57P01'],
  ['ERR_AUTH_STORE_IO', 'EAI_AGAIN'],
  ['ERR_AUTH_STORE_IO', '25006'],
  ['ERR_AUTH_STORE_IO', '53300'],
])('postgresRecord() reports %s for the SQLSTATE %s, without the message', async (code, state) => {
  const failure = Object.assign(new Error('28P01 SECRET-value'), { code: state, detail: 'SECRET' })
  const error = await postgresRecord({ name: 'n', query: () => Promise.reject(failure) })
    .get()
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code,
    message: `Cannot use the row n of the table outbound_auth_documents: ${state}`,
  })
  expect(`${(error as Error).stack}${JSON.stringify((error as Error).cause)}`).not.toContain('SECRET')
})

it('postgresRecord() counts any other failure as one that passes', async () => {
  const failure = Object.assign(new Error('SECRET'), { code: 'ECONNREFUSED' })
  await expect(
    postgresRecord({ name: 'n', query: () => Promise.reject(failure) }).put('x', '1'),
  ).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_IO', retryable: true })
})

it('postgresRecord() rejects a query that returns no rows', async () => {
  const query = async () => ({ rowCount: 1 }) as never
  await expect(postgresRecord({ name: 'n', query }).get()).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_ACCESS',
    option: 'query',
  })
})

it.each([
  [{ name: '' }, 'name must be the name of the record'],
  [{ name: 'a\0' }, 'name must be the name of the record'],
  [{ query: 'select' }, 'query must be a function'],
  [{ table: 'a; drop table b' }, 'table must be a name of letters, digits and _'],
  [{ table: 'a.b.c' }, 'table must be a name of letters, digits and _'],
  [{ table: '"A"' }, 'table must be a name of letters, digits and _'],
])('postgresRecord(%o) is a TypeError', (options, message) => {
  expect(() => postgresRecord({ name: 'n', query: async () => [], ...(options as object) })).toThrow(message)
})
