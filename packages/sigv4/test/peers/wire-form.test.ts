import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { presignUrl, servicePreset, signRequest } from '../../src/index.js'
import { type RandomRequest, randomRequest } from './random-request.js'
import { type ReceivedRequest, type VerifyingService, verifySignature } from './verify-signature.js'

const server = createServer()
const received: ReceivedRequest[] = []

beforeAll(async () => {
  server.on('request', async (message: IncomingMessage, answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk)
    const { rawHeaders, method = '', url: target = '' } = message
    const headers = rawHeaders.flatMap((name, index): [string, string][] =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
    )
    received.push({ method, target, headers, body: Buffer.concat(chunks) })
    answer.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => server.close())

function sign({ request, options, expiresInSeconds }: RandomRequest) {
  return expiresInSeconds === undefined
    ? signRequest(request, options)
    : presignUrl(request, { ...options, expiresInMs: 1000 * expiresInSeconds })
}

function serviceOf({ options }: RandomRequest): VerifyingService {
  const { doubleEncodePath, presignPayload } = servicePreset(options.service)
  const { secretAccessKey } = options.credentials
  return { secretAccessKey, isObjectStore: !doubleEncodePath, presignedPayload: presignPayload }
}

/** Paths that a URL parser resolves, however the signer treats them. */
function hasDotSegment(url: string): boolean {
  return /\/(\.|%2e){1,2}(?=[/?#]|$)/i.test(url)
}

it('signRequest() and presignUrl() give URLs that a URL parser leaves as they are', () => {
  const property = fc.property(randomRequest, (random) => {
    const { url } = sign(random)
    fc.pre(!hasDotSegment(url))
    expect(new URL(url).href).toBe(url)
  })
  fc.assert(property, { numRuns: 1000 })
})

it('signRequest() and presignUrl() keep what the path and the query mean', () => {
  const property = fc.property(randomRequest, (random) => {
    const [, path = '', , query = ''] = /^https?:\/\/[^/?]+([^?]*)(\?(.*))?$/.exec(sign(random).url) ?? []
    const wanted = random.segments.map((segment) => `/${segment}`).join('') || '/'
    expect(decodeURIComponent(path)).toBe(wanted)
    const pairs = query.split('&').slice(0, random.pairs.length)
    // The one empty pair of a URL that has just `?=`.
    expect(pairs.map((pair) => pair.split('=').map(decodeURIComponent))).toEqual(random.pairs)
  })
  fc.assert(property, { numRuns: 500 })
})

it('signRequest() and presignUrl() sign what a service reads from the parsed URL', () => {
  const property = fc.property(randomRequest, (random) => {
    const { method, url, headers } = sign(random)
    fc.pre(!hasDotSegment(url))
    const { host, pathname, search } = new URL(url)
    const { body } = random.request
    const message: ReceivedRequest = {
      method,
      target: `${pathname}${search}`,
      headers: Object.entries({ host, ...headers }),
      body: typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array()),
    }
    expect(verifySignature(message, serviceOf(random))).toBe(true)
    const forged = { ...message, method: method === 'PUT' ? 'POST' : 'PUT' }
    expect(verifySignature(forged, serviceOf(random))).toBe(false)
  })
  fc.assert(property, { numRuns: 500 })
})

it('signRequest() and presignUrl() sign what a server reads after fetch()', async () => {
  const { port } = server.address() as AddressInfo
  const property = fc.asyncProperty(randomRequest, async (random) => {
    const { request } = random
    const url = request.url.replace(/^https?:\/\/[^/?]+/, `http://127.0.0.1:${port}`)
    const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : request.body
    const here = { ...random, request: { ...request, url, body } }
    const signed = sign(here)
    fc.pre(!hasDotSegment(signed.url))
    // A caller who sends text has to name its type before signing, or fetch adds one.
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    received.length = 0
    const answer = await fetch(signed.url, {
      method: signed.method,
      headers: signed.headers,
      body: (bytes as Uint8Array<ArrayBuffer> | undefined) ?? null,
    })
    await answer.arrayBuffer()
    expect(received).toHaveLength(1)
    for (const message of received) expect(verifySignature(message, serviceOf(here))).toBe(true)
  })
  await fc.assert(property, { numRuns: 100 })
})
