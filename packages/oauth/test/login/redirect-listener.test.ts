import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, Server } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { listenForRedirect, redirectAuthority } from '../../src/login/redirect-listener.js'

/** Status of a request to the listener. */
async function statusOf(
  url: string,
  options: { method?: string; path?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<number | undefined>((resolve, reject) => {
    const sent = request(url, { ...options, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('listenForRedirect() takes one GET to its own address, and nothing else', async () => {
  const { redirectUri, parameters, close } = await listenForRedirect({
    host: '127.0.0.1',
    port: 0,
    path: '/back',
  })
  onTestFinished(close)
  const { origin, host } = new URL(redirectUri)
  expect(await statusOf(`${redirectUri}?code=a`, { method: 'POST' })).toBe(405)
  expect(await statusOf(`${origin}/other?code=a`)).toBe(404)
  expect(await statusOf(origin, { path: '//' })).toBe(404)
  expect(
    await statusOf(`${redirectUri}?code=a`, { headers: { host: `evil.example:${new URL(origin).port}` } }),
  ).toBe(404)
  expect(await statusOf(`${redirectUri}?code=a&state=b`, { headers: { host } })).toBe(200)
  expect(Object.fromEntries(await parameters)).toEqual({ code: 'a', state: 'b' })
  expect(await statusOf(`${redirectUri}?code=other`)).toBe(404)
})

test.each(['127.0.0.1', 'localhost'])('listenForRedirect() says that a port of %s is taken', async (host) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(listenForRedirect({ host, port, path: '/' })).rejects.toThrow(
    `port ${port} of ${host} cannot be used: choose another redirectPort`,
  )
})

test('listenForRedirect() says that a host has no address on this machine', async () => {
  const host = 'other' as 'localhost'
  await expect(listenForRedirect({ host, port: 0, path: '/' })).rejects.toThrow(
    'this machine has no address for other',
  )
})

test('listenForRedirect() leaves no connection open, not even one that a browser opened in advance', async () => {
  const { redirectUri, parameters, close } = await listenForRedirect({
    host: '127.0.0.1',
    port: 0,
    path: '/back',
  })
  const { port } = new URL(redirectUri)
  const silent = connect({ port: Number(port), host: '127.0.0.1' })
  await once(silent, 'connect')
  const page = fetch(`${redirectUri}?code=a`).then((response) => response.text())
  await parameters
  close()
  expect(await page).toContain('You can close this window')
  await once(silent, 'close')
})

test('redirectAuthority() is what a browser writes into the header Host', () => {
  expect(redirectAuthority('localhost', 80)).toBe('localhost')
  expect(redirectAuthority('127.0.0.1', 8080)).toBe('127.0.0.1:8080')
  expect(redirectAuthority('[::1]', 443)).toBe('[::1]:443')
})

test.each(['127.0.0.1', '::1'])(
  'listenForRedirect() listens on localhost without the address %s',
  async (missing) => {
    const listen = Server.prototype.listen
    const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
      this: Server,
      ...given: unknown[]
    ) {
      const [{ host }] = given as [{ host?: string }]
      // Any free address of this machine stands for the one that there is.
      if (host !== missing)
        return listen.call(this, { ...(given[0] as object), host: '127.0.0.1' }, given[1] as never)
      const error = Object.assign(new Error('no address'), { code: 'EADDRNOTAVAIL' })
      process.nextTick(() => this.emit('error', error))
      return this
    })
    onTestFinished(() => spy.mockRestore())
    const { redirectUri, parameters, close } = await listenForRedirect({
      host: 'localhost',
      port: 0,
      path: '/',
    })
    onTestFinished(close)
    const { port, host } = new URL(redirectUri)
    expect(await statusOf(`http://127.0.0.1:${port}/?code=a`, { headers: { host } })).toBe(200)
    expect((await parameters).get('code')).toBe('a')
  },
)
