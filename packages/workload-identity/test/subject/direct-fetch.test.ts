import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { azureImdsToken, gcpIdentityToken } from '../../src/node.js'
import { directFetch } from '../../src/subject/direct-fetch.js'

const init = () => ({ headers: { metadata: 'true' }, signal: new AbortController().signal })

it('directFetch() sends the headers, and gives status, headers and body', async () => {
  const { origin, arrivals, openConnections } = await loopback((_, response) => {
    response.writeHead(201, { 'x-a': ['b', 'c'] }).end('planted-body')
  })
  const response = await directFetch(`${origin}/a?b=c`, init())
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([
    201,
    'b, c',
    'planted-body',
  ])
  expect(arrivals[0]).toMatchObject({ method: 'GET', path: '/a?b=c', headers: { metadata: 'true' } })
  await expect.poll(openConnections).toBe(0)
})

it('directFetch() goes through no proxy, whatever the environment says', async () => {
  const proxy = await loopback()
  const { origin } = await loopback()
  for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, proxy.origin)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await (await directFetch(origin, init())).text()).toBe('ok')
  expect(proxy.arrivals).toHaveLength(0)
})

it('directFetch() follows no redirect, and takes a response without a body', async () => {
  const { origin, arrivals } = await loopback((_, response, index) => {
    if (index === 0) response.writeHead(302, { location: '/other' }).end()
    else response.writeHead(204).end()
  })
  expect((await directFetch(origin, init())).status).toBe(302)
  expect((await directFetch(origin, init())).status).toBe(204)
  expect(arrivals.map(({ path }) => path)).toEqual(['/', '/'])
})

it('directFetch() rejects a body over 64 KiB, an impossible status and a connection that breaks', async () => {
  const { origin } = await loopback((_, response, index) => {
    if (index === 0) response.end('a'.repeat(70_000))
    else if (index === 1) response.socket?.end('HTTP/1.1 999 Odd\r\n\r\n')
    else response.writeHead(200, { 'content-length': '100' }).write('a', () => response.destroy())
  })
  await expect(directFetch(origin, init())).rejects.toThrow('longer than 64 KiB')
  await expect(directFetch(origin, init())).rejects.toThrow()
  await expect(directFetch(origin, init())).rejects.toThrow()
})

it('directFetch() ends with its signal, while the server is silent', async () => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const limit = new AbortController()
  const { port } = server.address() as AddressInfo
  const pending = directFetch(`http://127.0.0.1:${port}/`, { signal: limit.signal })
  setTimeout(() => limit.abort(new Error('over')), 50)
  await expect(pending).rejects.toThrow()
})

/** A `directFetch` that asks a server of this test. */
const directTo = (origin: string) =>
  ((_: unknown, init: RequestInit) => directFetch(origin, init)) as typeof globalThis.fetch
const call = { signal: new AbortController().signal, forceRefresh: true }

it('directFetch() inflates nothing, so a compressed response is no token', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, 'a'))
  const { origin } = await loopback((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'metadata-flavor': 'Google' }).end(bomb),
  )
  const source = gcpIdentityToken({ audience: 'a', fetch: directTo(origin) })
  await expect(source(call)).rejects.toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT' })
})

it('a metadata service that sends a byte now and then is given up after 2 s', async () => {
  const { origin, openConnections } = await loopback((_, response) => {
    const timer = setInterval(() => response.write('a'), 100)
    response.on('close', () => clearInterval(timer))
  })
  const source = azureImdsToken({ resource: 'a', fetch: directTo(origin) })
  await expect(source(call)).rejects.toMatchObject({
    kind: 'transient',
    message: expect.stringMatching(/did not respond within 2000 ms$/),
  })
  await expect.poll(openConnections).toBe(0)
})
