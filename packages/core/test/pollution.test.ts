import { afterEach, expect, it } from 'vitest'
import { createExchange } from '../src/exchange/index.js'
import { bindAuth, cachedCredential, handshakeAuth, noAuth } from '../src/index.js'
import { cachedToken } from '../src/provider.js'
import { keyAuth } from './checks/sample-providers.js'

const home = 'https://a.example'
const evil = 'https://evil.example'
const outbound = { method: 'GET', url: `${home}/`, headers: {} }
const names: string[] = []

function pollute(name: string, value: unknown): void {
  names.push(name)
  Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
}

afterEach(() => {
  for (const name of names.splice(0)) Reflect.deleteProperty(Object.prototype, name)
})

it('createExchange() takes no allowedOrigins from a polluted prototype', () => {
  const bound = bindAuth(keyAuth('k'), { baseUrl: home })
  pollute('allowedOrigins', [evil])
  expect(() => createExchange(bound).admits(`${evil}/`)).toThrow('may not go to')
  expect(() => createExchange(keyAuth('k'), {})).toThrow(TypeError)
})

it('createExchange() takes no provider from a polluted prototype', async () => {
  pollute('provider', keyAuth('polluted'))
  const { prepare } = createExchange(keyAuth('own'), { allowedOrigins: [home] })
  expect((await prepare(outbound)).headers.get('x-key')).toBe('own')
})

it('createExchange() takes no switch from a polluted prototype', () => {
  pollute('otherOrigins', 'pass')
  pollute('allowInsecureTransport', true)
  const exchange = createExchange(keyAuth('k'), { allowedOrigins: ['http://a.example'] })
  expect(() => exchange.admits(`${evil}/`)).toThrow('may not go to')
  expect(() => exchange.admits('http://a.example/')).toThrow('unencrypted')
})

it('handshakeAuth() takes no headers and no origins from a polluted prototype', async () => {
  pollute('headers', { 'x-polluted': '1' })
  const opened = await handshakeAuth(keyAuth('k'), { url: `${home}/` }, { allowedOrigins: [home] })
  expect(opened.headers).toEqual({ 'x-key': 'k' })
  pollute('allowedOrigins', [home])
  // @ts-expect-error a bare provider needs its origins
  await expect(handshakeAuth(keyAuth('k'), { url: `${home}/` })).rejects.toThrow(TypeError)
})

it('noAuth() takes no reason from a polluted prototype', () => {
  pollute('reason', 'polluted')
  expect(() => noAuth({} as never)).toThrow(TypeError)
})

it('cachedCredential() and cachedToken() take no options from a polluted prototype', async () => {
  pollute('refreshIntervalMs', 0)
  pollute('now', () => new Date(Number.NaN))
  let calls = 0
  const token = cachedToken({ kind: 'test', source: () => `token-${++calls}` })
  await token.get()
  expect(await token.get()).toBe('token-2')
  const credential = cachedCredential({ kind: 'test', source: () => ({ value: ++calls, id: `${calls}` }) })
  await credential.get()
  expect(await credential.get()).toBe(4)
})
