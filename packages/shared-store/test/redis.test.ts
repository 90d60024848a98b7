import { describe, expect, it } from 'vitest'
import { redisRecord } from '../src/redis.js'
import { checkSharedRecord } from '../src/testing.js'

/** Evaluates the two scripts as Redis does. */
function redis() {
  const values = new Map<string, string>()
  const evaluate = async (script: string, [key = '']: string[], args: string[]): Promise<unknown> => {
    if (args.length === 0) return values.get(key) ?? null
    const [version, text = ''] = args
    if ((values.get(key) ?? '') !== version) return 0
    values.set(key, text)
    return script.includes("'SET'") ? 1 : 0
  }
  return { values, evaluate }
}

describe('redisRecord() keeps the contract:', () => {
  const create = () => redisRecord({ key: 'oa:1', evaluate: redis().evaluate })
  for (const { name, run } of checkSharedRecord({ create })) it(name, run)
})

it('redisRecord() writes when there is no key, and then only over the text that was read', async () => {
  const { values, evaluate } = redis()
  const record = redisRecord({ key: 'oa:1', evaluate })
  expect(record.name).toBe('the Redis key oa:1')
  expect(await record.get()).toBeUndefined()
  const first = await record.put('one', undefined)
  expect(await record.get()).toEqual({ text: 'one', version: first })
  expect(await record.put('two', undefined)).toBeUndefined()
  const second = await record.put('two', first)
  expect(await record.put('three', first)).toBeUndefined()
  expect(await record.get()).toEqual({ text: 'two', version: second })
  expect([...values]).toEqual([['oa:1', 'two']])
})

it.each([[1], [1n], ['1']])('redisRecord() takes the reply %s for a write', async (reply) => {
  expect(await redisRecord({ key: 'k', evaluate: async () => reply }).put('x', undefined)).toBe('x')
})

it.each([['OK'], [null], [{}], [2]])('redisRecord() rejects the reply %j of a write', async (reply) => {
  await expect(
    redisRecord({ key: 'k', evaluate: async () => reply }).put('x', undefined),
  ).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_ACCESS',
    option: 'evaluate',
  })
})

it.each([[{ line: 'a' }], [1], [new Uint8Array(1)]])('redisRecord() rejects %j for a text', async (reply) => {
  await expect(redisRecord({ key: 'k', evaluate: async () => reply }).get()).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_ACCESS',
    message: 'Cannot use the Redis key k: evaluate must return the reply of the script, text or null',
  })
})

it.each([
  ['ERR_AUTH_STORE_ACCESS', 'WRONGTYPE', new Error('WRONGTYPE Operation against a key SECRET-value')],
  ['ERR_AUTH_STORE_ACCESS', 'NOPERM', new Error('NOPERM User SECRET-user has no permissions')],
  ['ERR_AUTH_STORE_ACCESS', 'WRONGPASS', { message: 'failed', errors: [new Error('WRONGPASS SECRET')] }],
  ['ERR_AUTH_STORE_ACCESS', 'NOAUTH', new Error('SECRET', { cause: new Error('NOAUTH required') })],
  [
    'ERR_AUTH_STORE_ACCESS',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    Object.assign(new Error('SECRET'), { previousErrors: [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }] }),
  ],
  [
    'ERR_AUTH_STORE_ACCESS',
    'SELF_SIGNED_CERT_IN_CHAIN',
    Object.assign(new Error('SECRET'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
  ],
  [
    'ERR_AUTH_STORE_ACCESS',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    Object.assign(new Error('SECRET'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
  ],
  ['ERR_AUTH_STORE_ACCESS', 'DB index is out of range', new Error('ERR DB index is out of range')],
  ['ERR_AUTH_STORE_ACCESS', 'unknown command', new Error("ERR unknown command 'EVAL', with args: SECRET")],
  [
    'ERR_AUTH_STORE_ACCESS',
    'without any password configured',
    new Error('ERR AUTH <password> called without any password configured for the default user. SECRET'),
  ],
  ['ERR_AUTH_STORE_IO', 'OOM', new Error("OOM command not allowed, command was: ['SECRET-value']")],
  [
    'ERR_AUTH_STORE_IO',
    'READONLY',
    new Error("READONLY You can't write against a read only replica. SECRET"),
  ],
  ['ERR_AUTH_STORE_IO', 'ENOTFOUND', Object.assign(new Error('SECRET'), { code: 'ENOTFOUND' })],
  ['ERR_AUTH_STORE_IO', 'the client failed', new Error('SECRET connection lost')],
  ['ERR_AUTH_STORE_IO', 'the client failed', 'SECRET'],
])('redisRecord() reports %s (%s) without the message of the client', async (code, word, failure) => {
  const record = redisRecord({ key: 'k', evaluate: () => Promise.reject(failure) })
  const error = await record.get().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code,
    message: `Cannot use the Redis key k: ${word}`,
    retryable: code === 'ERR_AUTH_STORE_IO',
  })
  expect(`${(error as Error).stack}${JSON.stringify((error as Error).cause)}`).not.toContain('SECRET')
})

it('redisRecord() waits for afterWrite, after writes alone', async () => {
  const { evaluate } = redis()
  let calls = 0
  const record = redisRecord({ key: 'k', evaluate, afterWrite: async () => calls++ })
  await record.put('x', undefined)
  await record.put('y', 'another version')
  await record.get()
  expect(calls).toBe(1)
})

it.each<[object, string]>([
  [{ key: '', evaluate: () => null }, 'redisRecord: key must be the key of the record'],
  [{ key: 'k' }, 'redisRecord: evaluate must be a function'],
  [
    { key: 'k', eval: 1, evaluate: () => null },
    'unknown option "eval"; it has key, evaluate, afterWrite; did you mean evaluate?',
  ],
])('redisRecord(%o) is a TypeError', (options, message) => {
  expect(() => redisRecord(options as Parameters<typeof redisRecord>[0])).toThrow(message)
})
