import { readFileSync } from 'node:fs'
import * as redis from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { redisConnection } from '../../src/store/redis-connection.js'
import { hasOpenssl, makeCertificate } from '../tls-loopback.js'
import { redisServer } from './redis-server.js'

const read = "return redis.call('GET', KEYS[1])"

function connect(url: string): ReturnType<typeof redisConnection> {
  const connection = redisConnection(url, redis)
  onTestFinished(() => connection.close())
  return connection
}

test('redisConnection() opens nothing before its first use, and one connection for all calls', async () => {
  const server = await redisServer()
  const { evaluate } = connect(`redis://127.0.0.1:${server.port}`)
  server.values.set('a', 'text')
  expect(server.opened()).toBe(0)
  expect(await Promise.all([evaluate(read, ['a'], []), evaluate(read, ['b'], [])])).toEqual(['text', null])
  expect(server.opened()).toBe(1)
  expect(await evaluate('write', ['a'], ['text', 'new'])).toBe(1)
  expect(server.values.get('a')).toBe('new')
})

test('redisConnection() opens another connection after one was lost, in use or idle', async () => {
  const server = await redisServer()
  const { evaluate } = connect(`redis://127.0.0.1:${server.port}`)
  await evaluate(read, ['a'], [])
  server.cut()
  // The call may notice that the connection has gone.
  await expect.poll(() => evaluate(read, ['a'], []).catch(() => 'lost')).toBe(null)
  expect(server.opened()).toBe(2)
})

test('redisConnection() opens another connection in place of an idle one, without an error of the call', async () => {
  const server = await redisServer()
  const clients: ReturnType<typeof redis.createClient>[] = []
  const createClient = (options: redis.RedisClientOptions) => {
    const client = redis.createClient(options)
    clients.push(client as never)
    return client
  }
  const { evaluate, close } = redisConnection(`redis://127.0.0.1:${server.port}`, {
    createClient: createClient as typeof redis.createClient,
  })
  onTestFinished(close)
  await evaluate(read, ['a'], [])
  server.cut()
  await expect.poll(() => clients[0]?.isReady).toBe(false)
  expect(await Promise.all([evaluate(read, ['a'], []), evaluate(read, ['b'], [])])).toEqual([null, null])
  expect(server.opened()).toBe(2)
})

test('redisConnection() gives up a call without a response, and opens another connection', async () => {
  const server = await redisServer({ silent: 1 })
  const { evaluate, close } = redisConnection(`redis://127.0.0.1:${server.port}`, redis, 1000)
  onTestFinished(close)
  // A call before the limit keeps a connection from being idle.
  const first = evaluate(read, ['a'], []).catch(() => 'given up')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const second = evaluate(read, ['a'], []).catch(() => 'given up')
  expect(await Promise.all([first, second])).toEqual(['given up', 'given up'])
  expect(await evaluate(read, ['a'], [])).toBe(null)
  expect(server.opened()).toBe(2)
})

test.each([['close() ends'], ['gives up']])(
  'redisConnection() %s an opening to which the server sends nothing',
  async (end) => {
    const server = await redisServer({ isMute: true })
    const limitMs = end === 'gives up' ? 1000 : 600_000
    const url = `redis://user:right@127.0.0.1:${server.port}`
    const { evaluate, close } = redisConnection(url, redis, limitMs)
    onTestFinished(close)
    const call = evaluate(read, ['a'], []).catch(() => 'given up')
    await expect.poll(server.open).toBe(1)
    if (end !== 'gives up') await close()
    expect(await call).toBe('given up')
    await expect.poll(server.open).toBe(0)
  },
)

test('redisConnection() keeps the connection after an error of the server', async () => {
  const server = await redisServer({ reply: '-OOM command not allowed\r\n' })
  const { evaluate } = connect(`redis://127.0.0.1:${server.port}`)
  await expect(evaluate(read, ['a'], [])).rejects.toThrow('OOM')
  await expect(evaluate(read, ['a'], [])).rejects.toThrow('OOM')
  expect(server.opened()).toBe(1)
})

test('redisConnection() tries again after it could not connect', async () => {
  const server = await redisServer({ password: 'right' })
  const { evaluate, close } = connect(`redis://user:wrong@127.0.0.1:${server.port}`)
  await expect(evaluate(read, ['a'], [])).rejects.toThrow('WRONGPASS')
  await expect(evaluate(read, ['a'], [])).rejects.toThrow('WRONGPASS')
  expect(server.opened()).toBe(2)
  await close()
  await expect.poll(server.open).toBe(0)
})

test.runIf(hasOpenssl)(
  'redisConnection() sends no password to a server whose certificate is not known',
  async () => {
    const { key, certificate } = makeCertificate()
    const tls = { key: readFileSync(key), cert: readFileSync(certificate) }
    const server = await redisServer({ password: 'right', tls })
    const { evaluate } = connect(`rediss://user:right@localhost:${server.port}`)
    const error = await evaluate(read, ['a'], []).catch((problem: unknown) => problem)
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(server.commands).toEqual([])
  },
)
