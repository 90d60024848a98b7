import { expect, onTestFinished, test, vi } from 'vitest'
import { type LoginDocument, loginClient } from '../../src/oauth/login-document.js'
import { loginStores, type StoreContext } from '../../src/store/login-stores.js'
import { configSummary } from '../../src/trust/config-summary.js'
import { redisServer } from './redis-server.js'

const definition = { clientId: 'a', baseUrl: 'https://a.example' }
const place = { name: 'user', config: '', named: undefined, definition, env: {} }

function lab({ signal }: AbortController = new AbortController()) {
  const notes: string[] = []
  const endings: (() => Promise<void>)[] = []
  const context = {
    cwd: '/',
    signal,
    messages: { note: (text: string) => notes.push(text) },
    onEnd: (close: () => Promise<void>) => endings.push(close),
  } as unknown as StoreContext
  return { stores: loginStores(context), notes, end: () => Promise.all(endings.map((close) => close())) }
}

test('loginStores() says when the database has returned to an older login, and uses the newer one', async () => {
  const redis = await redisServer()
  const { stores, notes, end } = lab()
  const store = await stores.redis({ key: 'oa:a', url: `redis://127.0.0.1:${redis.port}` })
  const login = (accessToken: string) =>
    ({ provider: 'user', config: '', client: loginClient(place), accessToken }) as LoginDocument
  await store.update(() => login('first'))
  const older = redis.values.get('oa:a') as string
  await store.update(() => login('second'))
  redis.values.set('oa:a', older)
  expect(await store.read()).toMatchObject({ accessToken: 'second' })
  expect(notes).toEqual([expect.stringContaining('the Redis key oa:a holds an older document than before')])
  await end()
  await expect.poll(redis.open).toBe(0)
})

test.each([['before'], ['after']])(
  'loginStores() waits 5 s at most for a change when the interrupt comes %s the end',
  async (order) => {
    const redis = await redisServer()
    const interrupt = new AbortController()
    const { stores, end } = lab(interrupt)
    const store = await stores.redis({ key: 'oa:a', url: `redis://127.0.0.1:${redis.port}` })
    let finish = () => {}
    const isRunning = new Promise<void>((resolve) => {
      const change = () => {
        resolve()
        return new Promise<undefined>((done) => {
          finish = () => done(undefined)
        })
      }
      const updating = store.update(change)
      onTestFinished(async () => {
        finish()
        await updating
      })
    })
    await isRunning
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    if (order === 'before') interrupt.abort()
    let hasEnded = false
    const ending = end().then(() => {
      hasEnded = true
    })
    await vi.advanceTimersByTimeAsync(6000)
    expect(hasEnded).toBe(order === 'before')
    if (order === 'after') interrupt.abort()
    await vi.advanceTimersByTimeAsync(4900)
    expect(hasEnded).toBe(order === 'before')
    await vi.advanceTimersByTimeAsync(200)
    vi.useRealTimers()
    await ending
    expect(hasEnded).toBe(true)
  },
)

test('loginStores() closes a store that was never used, and rejects a place without a URL', async () => {
  const { stores, end } = lab()
  await stores.redis({ key: 'oa:a', url: 'redis://127.0.0.1:1' })
  await stores.postgres({ key: 'a', url: 'postgres://127.0.0.1:1/a', table: 'auth.documents' })
  await end()
  const denied = { kind: 'build', code: 'ERR_AUTH_STORE_ACCESS' }
  await expect(stores.redis({ key: 'a' })).rejects.toMatchObject(denied)
  await expect(stores.postgres({ key: 'a' })).rejects.toMatchObject(denied)
})

/** The summary of a provider with this definition. */
function summaryOf(definition: Readonly<Record<string, unknown>> & { readonly kind: string }) {
  const provider = {
    name: 'x',
    label: 'x',
    place: 'c:1',
    locate: () => '',
    allowedOrigins: [],
    warning: undefined,
    definition,
  }
  return configSummary({ providers: new Map([['x', provider]]) })[0]
}

test('configSummary() names the database of a literal URL, without its password', () => {
  const storesOf = (url: unknown, store = 'redis') => {
    const own = { ...definition, kind: 'oauth', store: { [store]: { url, key: 'oa:a' } } }
    return summaryOf(own)?.stores
  }
  expect(storesOf('redis://user:SECRET@db.example:6379')).toEqual(['redis at db.example:6379 under "oa:a"'])
  expect(storesOf('SECRET')).toEqual(['redis at a malformed URL under "oa:a"'])
  const rowOf = (url: string) => storesOf(url, 'postgres')
  expect(rowOf('postgres://user:SECRET@db.example/app')).toEqual(['postgres at db.example under "oa:a"'])
  // The client takes these parameters in place of the host and port of the URL.
  expect(rowOf('postgres://user:SECRET@db.example/app?host=a.example&host=evil.example&port=99')).toEqual([
    'postgres at evil.example:99 under "oa:a"',
  ])
  expect(rowOf('postgres:///app?host=/run/postgresql')).toEqual(['postgres at /run/postgresql under "oa:a"'])
  expect(rowOf('postgres:///app')).toEqual(['postgres at the host of PGHOST under "oa:a"'])
  expect(storesOf('redis://db.example?host=evil.example')).toEqual(['redis at db.example under "oa:a"'])
  expect(storesOf({ env: 'URL' })).toEqual(['redis under "oa:a"'])
})

test('configSummary() lists servers, also malformed ones, and the files, commands and variables that are read', () => {
  const own = {
    kind: 'oauth',
    issuer: 'nonsense',
    tokenEndpoint: 'https://i.example/token',
    clientSecret: { file: '/secret' },
    store: { redis: { url: { env: 'URL' }, key: 'a', encryptionKeys: [{ command: ['print-key'] }] } },
  }
  expect(summaryOf(own)).toMatchObject({
    servers: ['nonsense', 'https://i.example'],
    files: ['/secret'],
    variables: ['URL'],
    commands: [['print-key']],
  })
})
