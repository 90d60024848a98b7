import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { type FetchLike, toAwsRequestHandler, toAzureHttpClient } from '../../src/shapes/index.js'

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

  it.each(['GET', 'HEAD'])('sends no body with %s', async (method) => {
    const { fetch, calls } = fetchLab()
    await toAwsRequestHandler(fetch).handle({ ...awsRequest, method, body: '' })
    expect(calls[0]?.init).not.toHaveProperty('body')
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

  it('gives headers as Azure has them', async () => {
    const { headers } = await toAzureHttpClient(fetchLab().fetch).sendRequest(azureRequest)
    expect([headers.get('X-Id'), headers.get('none'), headers.has('x-id')]).toEqual(['7', undefined, true])
    headers.set('x-count', 1)
    headers.delete('x-id')
    expect(headers.toJSON()).toEqual({ 'content-type': 'text/plain;charset=UTF-8', 'x-count': '1' })
    expect([...headers].length).toBe(2)
  })

  it.each([200, Number.POSITIVE_INFINITY])("gives a stream of Node's for the status %s", async (status) => {
    const streamResponseStatusCodes = new Set([status])
    const client = toAzureHttpClient(fetchLab().fetch)
    const response = await client.sendRequest({ ...azureRequest, streamResponseStatusCodes })
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

it.each([
  ['toAwsRequestHandler', toAwsRequestHandler],
  ['toAzureHttpClient', toAzureHttpClient],
])('%s() refuses what is no function', (name, take) => {
  expect(() => take({} as never)).toThrow(`${name}: fetch must be a function`)
})
