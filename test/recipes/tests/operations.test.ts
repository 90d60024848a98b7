import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readmeBlocks } from '../../docs/readme-blocks.js'
import { secret, startLab } from '../support/lab.js'
import { describeRecipe, pageText, runBlock } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })

describe('through a proxy', async () => {
  const connected: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[] = []
  const proxy = createServer().on('connect', ({ url, headers }, client) => {
    connected.push({ url, headers })
    const { hostname, port } = new URL(`http://${url}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, 'localhost', resolve))
  beforeEach(() => {
    vi.stubEnv('HTTP_PROXY', `http://localhost:${(proxy.address() as AddressInfo).port}`)
    vi.stubEnv('NO_PROXY', '')
    return () => {
      // The proxy has opened the tunnel of this test, and has seen no credential.
      const isSilent = lab.arrivals.length === 0
      expect(connected.map(({ url }) => url)).toEqual(isSilent ? [] : [lab.host])
      expect(JSON.stringify(connected)).not.toContain(secret)
      connected.length = 0
    }
  })
  afterAll(() => {
    proxy.closeAllConnections()
    proxy.close()
  })

  const shared = { page: 'docs/recipes/proxies.md', sends: 'GET /v1/models', recovers: true }
  describeRecipe(lab, { ...shared, values: { status: 200 }, outage: 'ERR_AUTH_SOURCE' })
  describeRecipe(lab, { ...shared, block: 1, values: { statusCode: 200 }, outage: 'ERR_AUTH_SOURCE' })
})

describe('docs/recipes/opentelemetry.md', () => {
  const page = 'docs/recipes/opentelemetry.md'
  const exporter = new InMemorySpanExporter()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  beforeEach(() => exporter.reset())
  const spans = () => exporter.getFinishedSpans()
  const text = () =>
    JSON.stringify(spans().map(({ attributes, events, status }) => ({ attributes, events, status })))

  it('gives the span kind, header and attempt', async () => {
    await runBlock(lab, page, 0, ['status'])
    expect(spans()[0]?.attributes).toMatchObject({
      'auth.kind': 'bearer',
      'auth.header_names': ['authorization'],
      'auth.attempt': 0,
    })
    expect(text()).not.toContain(secret)
  })

  it('gives the span the renewal after a 401', async () => {
    lab.revokeAtNextRequest()
    expect(await runBlock(lab, page, 0, ['status'])).toEqual({ status: 200 })
    const [span] = spans()
    expect(span?.attributes['auth.attempt']).toBe(1)
    const events = span?.events.map(({ name, attributes }) => [name, attributes])
    expect(events).toContainEqual(['auth.refresh', expect.objectContaining({ 'auth.reason': 'rejected' })])
    const recovered = { 'auth.outcome': 'retry', 'http.response.status_code': 401 }
    expect(events).toContainEqual(['auth.recovered', expect.objectContaining(recovered)])
    expect(text()).not.toContain(secret)
  })

  it('gives the span the code of an outage', async () => {
    lab.stopIssuing()
    await expect(runBlock(lab, page, 0, ['status'])).rejects.toMatchObject({ code: 'ERR_AUTH_SOURCE' })
    const [span] = spans()
    expect(span?.attributes).toEqual({})
    const refresh = span?.events.find(({ name }) => name === 'auth.refresh')
    expect(refresh?.attributes).toMatchObject({ 'error.type': 'ERR_AUTH_SOURCE' })
    expect(span?.events.map(({ name }) => name)).toContain('exception')
    expect(lab.arrivals).toEqual([])
  })
})

it('docs/recipes/debugging-a-401.md: the log of a renewal is the one that the page shows', async () => {
  const page = 'docs/recipes/debugging-a-401.md'
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  lab.revokeAtNextRequest()
  expect(await runBlock(lab, page, 0, ['status'])).toEqual({ status: 200 })
  const shown = readmeBlocks(pageText(page)).find(({ language }) => language === 'text')?.text
  expect(
    printed.mock.calls.flat().join('\n').replaceAll(`http://${lab.host}`, 'https://api.example.com'),
  ).toBe(shown)
  printed.mockRestore()
})

describe('docs/recipes/rotating-keys.md', () => {
  const page = 'docs/recipes/rotating-keys.md'

  it('sends 20 requests again with the new key', async () => {
    lab.revokeAtNextRequest()
    expect(await runBlock(lab, page, 0, ['statuses'])).toEqual({ statuses: Array(20).fill(200) })
    const rejected = lab.arrivals.filter(({ status }) => status === 401)
    expect(rejected).toHaveLength(20)
    expect(lab.arrivals).toHaveLength(40)
  })

  it('refreshes the stored token, and stores the new one', async () => {
    vi.stubEnv('HOME', lab.folder)
    mkdirSync(join(lab.folder, '.my-agent'), { recursive: true, mode: 0o700 })
    const stored = join(lab.folder, '.my-agent/token.json')
    writeFileSync(stored, '{"refreshToken":"refresh-0"}', { mode: 0o600 })
    expect(await runBlock(lab, page, 1, ['status'])).toEqual({ status: 200 })
    expect(lab.issued.map(({ body }) => body.toString())).toEqual([expect.stringContaining('refresh-0')])
    lab.revokeAtNextRequest()
    expect(await runBlock(lab, page, 1, ['status'])).toEqual({ status: 200 })
    expect(lab.issued).toHaveLength(2)
  })
})
