import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type FetchLike,
  type SignalLike,
  toAwsRequestHandler,
  toAzureHttpClient,
} from '../../src/shapes/index.js'

function fetchLab(response: () => Response = () => new Response('hello', { headers: { 'x-id': '7' } })) {
  const calls: { url: string; init: RequestInit & { duplex?: string } }[] = []
  const fetch: FetchLike = async (url, init = {}) => {
    calls.push({ url, init })
    init.signal?.throwIfAborted()
    return response()
  }
  return { calls, fetch }
}

const awsRequest = {
  method: 'PUT',
  protocol: 'https:',
  hostname: 's3.example.com',
  path: '/bucket/a%20b',
  headers: { host: 's3.example.com', 'Content-Length': '3', 'x-amz-meta-a': '1' },
  body: 'abc',
}

describe('toAwsRequestHandler()', () => {
  it('sends the request with fetch, and gives the response as the SDK reads it', async () => {
    const { fetch, calls } = fetchLab()
    const query = { 'list-type': '2', prefix: ["a b(c)'", 'd&'], uploads: null }
    const { response } = await toAwsRequestHandler(fetch).handle({ ...awsRequest, port: 8443, query })
    expect(calls[0]?.url).toBe(
      'https://s3.example.com:8443/bucket/a%20b?list-type=2&prefix=a%20b%28c%29%27&prefix=d%26&uploads',
    )
    expect(calls[0]?.init).toEqual({
      method: 'PUT',
      headers: [['x-amz-meta-a', '1']],
      body: 'abc',
      duplex: 'half',
      redirect: 'manual',
    })
    const { body, ...rest } = response
    expect(rest).toEqual({
      statusCode: 200,
      reason: '',
      headers: { 'content-type': 'text/plain;charset=UTF-8', 'x-id': '7' },
    })
    expect(await new Response(body).text()).toBe('hello')
  })

  it.each<[string, object]>([
    ['a GET', { method: 'GET' }],
    ['a HEAD', { method: 'HEAD' }],
    ['an empty body', { body: '' }],
    ['no body', { body: undefined }],
  ])('sends no body with %s', async (_what, change) => {
    const { fetch, calls } = fetchLab()
    await toAwsRequestHandler(fetch).handle({ ...awsRequest, ...change })
    const { method } = { ...awsRequest, ...change }
    expect(calls).toEqual([
      {
        url: 'https://s3.example.com/bucket/a%20b',
        init: { method, headers: [['x-amz-meta-a', '1']], redirect: 'manual' },
      },
    ])
  })

  it.each(['FORGET', 'GETS', 'AHEAD', 'HEADS'])('sends a body with the method %s', async (method) => {
    const { fetch, calls } = fetchLab()
    await toAwsRequestHandler(fetch).handle({ ...awsRequest, method })
    expect(calls[0]?.init).toMatchObject({ method, body: 'abc', duplex: 'half' })
  })

  it.each<[Record<string, string | string[] | null>, string]>([
    [{}, ''],
    [{ a: '' }, '?a='],
    [{ a: null, b: [] }, '?a&b'],
    [{ 'a*': ['!', '~'], b: "'()" }, '?a%2A=%21&a%2A=~&b=%27%28%29'],
    [{ a: ['', 'ä/?'] }, '?a=&a=%C3%A4%2F%3F'],
  ])('writes the query %j as %j', async (query, search) => {
    const { fetch, calls } = fetchLab()
    await toAwsRequestHandler(fetch).handle({ ...awsRequest, query })
    expect(calls[0]?.url).toBe(`https://s3.example.com/bucket/a%20b${search}`)
  })

  it('gives a response without a body as the SDK reads it', async () => {
    const { fetch } = fetchLab(() => new Response(null, { status: 404, statusText: 'Not Found' }))
    const { response } = await toAwsRequestHandler(fetch).handle(awsRequest)
    expect(response).toEqual({ statusCode: 404, reason: 'Not Found', headers: {}, body: undefined })
  })

  it("ends a request when the SDK's signal aborts, and at its time limit", async () => {
    const { fetch } = fetchLab()
    const handler = toAwsRequestHandler(fetch)
    const aborted = handler.handle(awsRequest, { abortSignal: { aborted: true } })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    const hanging: FetchLike = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    const late = toAwsRequestHandler(hanging).handle(awsRequest, { requestTimeout: 10 })
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('has what the SDK calls on a handler', () => {
    const handler = toAwsRequestHandler(fetchLab().fetch)
    expect(handler.metadata).toEqual({ handlerProtocol: 'http/1.1' })
    expect(handler.updateHttpClientConfig('x' as never, 1 as never)).toBeUndefined()
    expect(handler.httpHandlerConfigs()).toEqual({})
    expect(handler.destroy()).toBeUndefined()
  })
})

const azureRequest = {
  url: 'https://api.example.com/v1',
  method: 'POST',
  headers: new Map([
    ['Host', 'api.example.com'],
    ['content-type', 'text/plain'],
  ]),
  timeout: 0,
}

describe('toAzureHttpClient()', () => {
  it('sends the request with fetch, and gives the text of the response', async () => {
    const { fetch, calls } = fetchLab()
    const request = { ...azureRequest, body: () => 'abc' }
    const response = await toAzureHttpClient(fetch).sendRequest(request)
    expect(calls).toEqual([
      {
        url: 'https://api.example.com/v1',
        init: {
          method: 'POST',
          headers: [['content-type', 'text/plain']],
          body: 'abc',
          duplex: 'half',
          redirect: 'manual',
        },
      },
    ])
    expect(response).toMatchObject({ request, status: 200, bodyAsText: 'hello' })
  })

  it.each<[string, object, object]>([
    ['null', { body: null }, {}],
    ['no body', {}, {}],
    ['an empty body', { body: '' }, { body: '', duplex: 'half' }],
    ['a body', { body: 'abc' }, { body: 'abc', duplex: 'half' }],
  ])('sends %s', async (_what, change, sent) => {
    const { fetch, calls } = fetchLab(() => new Response('gone', { status: 410 }))
    const response = await toAzureHttpClient(fetch).sendRequest({ ...azureRequest, ...change })
    const headers = [['content-type', 'text/plain']]
    expect(calls[0]?.init).toEqual({ method: 'POST', headers, redirect: 'manual', ...sent })
    const { headers: _headers, ...rest } = response
    expect(rest).toEqual({ request: { ...azureRequest, ...change }, status: 410, bodyAsText: 'gone' })
  })

  it('gives the text of a response whose status is not one of the streams', async () => {
    const streamResponseStatusCodes = new Set([201])
    const response = await toAzureHttpClient(fetchLab().fetch).sendRequest({
      ...azureRequest,
      streamResponseStatusCodes,
    })
    expect(response.bodyAsText).toBe('hello')
  })

  it.each([
    ['no process', undefined],
    ["a process without Node's modules", {}],
    ['a process that gives no module', { getBuiltinModule: () => undefined }],
  ])('gives a web stream on a runtime that has %s', async (_what, process) => {
    vi.stubGlobal('process', process)
    try {
      const response = await toAzureHttpClient(fetchLab().fetch).sendRequest({
        ...azureRequest,
        streamResponseStatusCodes: new Set([200]),
      })
      expect(Object.keys(response)).toEqual(['request', 'status', 'headers', 'browserStreamBody'])
      expect(await new Response(response.browserStreamBody).text()).toBe('hello')
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('gives headers as Azure has them', async () => {
    const { headers } = await toAzureHttpClient(fetchLab().fetch).sendRequest(azureRequest)
    expect([headers.get('X-Id'), headers.get('none'), headers.has('x-id')]).toEqual(['7', undefined, true])
    headers.set('x-count', 1)
    headers.delete('x-id')
    expect(headers.toJSON()).toEqual({ 'content-type': 'text/plain;charset=UTF-8', 'x-count': '1' })
    expect([...headers]).toEqual([
      ['content-type', 'text/plain;charset=UTF-8'],
      ['x-count', '1'],
    ])
  })

  it.each([200, Number.POSITIVE_INFINITY])("gives a stream of Node's for the status %s", async (status) => {
    const streamResponseStatusCodes = new Set([status])
    const client = toAzureHttpClient(fetchLab().fetch)
    const response = await client.sendRequest({ ...azureRequest, streamResponseStatusCodes })
    expect(Object.keys(response)).toEqual(['request', 'status', 'headers', 'readableStreamBody'])
    const { readableStreamBody } = response as unknown as { readableStreamBody: NodeJS.ReadableStream }
    expect(await text(readableStreamBody)).toBe('hello')
  })

  it('gives a web stream where that is asked for, an empty one for no body', async () => {
    const client = toAzureHttpClient(fetchLab(() => new Response(null)).fetch)
    const streamed = { streamResponseStatusCodes: new Set([200]), enableBrowserStreams: true }
    const { browserStreamBody } = await client.sendRequest({ ...azureRequest, ...streamed })
    expect(await new Response(browserStreamBody).text()).toBe('')
  })

  it('ends a request at its time limit and when its signal aborts', async () => {
    const { fetch, calls } = fetchLab()
    const abortSignal = new AbortController().signal
    await toAzureHttpClient(fetch).sendRequest({ ...azureRequest, timeout: 5, abortSignal })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(calls[0]?.init.signal?.reason).toMatchObject({ name: 'TimeoutError' })
  })
})

const shapes = {
  toAwsRequestHandler: (fetch: FetchLike, signal?: SignalLike, limitMs?: number) =>
    toAwsRequestHandler(fetch).handle(awsRequest, {
      ...(signal && { abortSignal: signal }),
      ...(limitMs !== undefined && { requestTimeout: limitMs }),
    }),
  toAzureHttpClient: (fetch: FetchLike, signal?: SignalLike, limitMs = 0) =>
    toAzureHttpClient(fetch).sendRequest({
      ...azureRequest,
      timeout: limitMs,
      ...(signal && { abortSignal: signal }),
    }),
}

describe.each(Object.entries(shapes))('%s()', (name, send) => {
  it('refuses what is no function', () => {
    expect(() => send({} as never)).toThrow(
      new TypeError(`${name}: fetch must be a function, such as authFetch(…), got an object`),
    )
  })

  afterEach(() => vi.restoreAllMocks())

  /** Sends a request, and returns the signal that `fetch` gets. */
  async function signalOf(given?: SignalLike, limitMs?: number): Promise<AbortSignal | null | undefined> {
    const { fetch, calls } = fetchLab()
    await send(fetch, given, limitMs)
    return calls[0]?.init.signal
  }

  it.each([undefined, 0, -1, Number.NaN])(
    'passes the signal on as it is with the limit %s',
    async (limitMs) => {
      const { signal } = new AbortController()
      expect(await signalOf(signal, limitMs)).toBe(signal)
      expect(await signalOf(undefined, limitMs)).toBeUndefined()
    },
  )

  it('ends a request at its limit, or when the signal aborts', async () => {
    const [clock, caller, other] = [new AbortController(), new AbortController(), new AbortController()]
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(clock.signal)
    expect(await signalOf(undefined, 1)).toBe(clock.signal)
    const both = await signalOf(caller.signal, 7000)
    const another = await signalOf(other.signal, 7000)
    expect(timeout.mock.calls).toEqual([[1], [7000], [7000]])
    caller.abort('given up')
    expect([both?.reason, another?.aborted]).toEqual(['given up', false])
    clock.abort('too late')
    expect(another?.reason).toBe('too late')
  })

  it("follows a signal of the SDK's own", async () => {
    const listeners: [string, () => void][] = []
    const addEventListener = (...listener: [string, () => void]) => void listeners.push(listener)
    const signal = await signalOf({ aborted: false, addEventListener })
    expect(signal?.aborted).toBe(false)
    expect(listeners.map(([type]) => type)).toEqual(['abort'])
    listeners[0]?.[1]()
    expect(signal?.reason).toMatchObject({ name: 'AbortError' })
    expect((await signalOf({ aborted: false }))?.aborted).toBe(false)
    await expect(signalOf({ aborted: true, addEventListener })).rejects.toMatchObject({ name: 'AbortError' })
    expect(listeners).toHaveLength(1)
  })
})
