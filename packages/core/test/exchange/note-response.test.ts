import { describe, expect, it } from 'vitest'
import { createExchange, type ExchangeTransport, stripCredentials } from '../../src/exchange/index.js'
import {
  type AuthEvent,
  type AuthProvider,
  type AuthResponse,
  combineAuth,
  createHeaderMap,
  handshakeAuth,
  recoverHandshake,
  toAuthHeaders,
} from '../../src/index.js'
import { addListMember } from '../../src/provider.js'
import { keyAuth, proofAuth, tokenAuth } from '../checks/sample-providers.js'

const allowedOrigins = ['https://a.example']
const outbound = { method: 'GET', url: 'https://a.example/p', headers: {} }
const secret = 'planted-secret-1'

/** Answers with these statuses in turn. */
function wire(...statuses: number[]): ExchangeTransport<number> {
  return {
    send: async () => statuses.shift() ?? 200,
    status: (status) => status,
    headers: (status) => createHeaderMap({ 'dpop-nonce': `nonce-${status}` }),
    readBody: async () => '',
    discard() {},
  }
}

function noting(change: Partial<AuthProvider> = {}) {
  const noted: string[] = []
  const auth: AuthProvider = {
    ...keyAuth('k'),
    noteResponse({ request, status, headers }) {
      noted.push(`${request.headers.get('x-key')} ${request.url} ${status} ${headers.get('dpop-nonce')}`)
    },
    ...change,
  }
  return { auth, noted }
}

describe('createExchange()', () => {
  it('shows the provider each response to its requests: successes, rejections and redirects', async () => {
    const { auth, noted } = noting({ recover: async () => true })
    const exchange = createExchange(auth, { allowedOrigins })
    expect(await exchange.send(outbound, wire(401, 200))).toBe(200)
    expect(await exchange.send(outbound, wire(307))).toBe(307)
    expect(noted).toEqual([401, 200, 307].map((status) => `k https://a.example/p ${status} nonce-${status}`))
  })

  it('shows a response to the provider before it asks recover()', async () => {
    const order: string[] = []
    const recover = async () => order.push('recover') < 9
    const { auth } = noting({ recover, noteResponse: ({ status }) => void order.push(`note ${status}`) })
    await createExchange(auth, { allowedOrigins }).send(outbound, wire(401))
    expect(order).toEqual(['note 401', 'recover', 'note 200'])
  })

  it('notes no response twice for a transport that notes responses itself', async () => {
    const { auth, noted } = noting()
    const exchange = createExchange(auth, { allowedOrigins })
    await exchange.send(outbound, { ...wire(), notesResponses: true })
    expect(noted).toEqual([])
    exchange.note({ ...outbound, headers: createHeaderMap({ 'x-key': 'k' }) }, 200, createHeaderMap())
    expect(noted).toEqual(['k https://a.example/p 200 null'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new RangeError(secret)
      },
    ],
    ['rejects', (async () => Promise.reject(new RangeError(secret))) as () => void],
  ])('warns when noteResponse() %s, and sends the request all the same', async (_, noteResponse) => {
    const events: AuthEvent[] = []
    const exchange = createExchange(
      { ...keyAuth('k'), noteResponse },
      { allowedOrigins, observer: (event) => events.push(event) },
    )
    expect(await exchange.send(outbound, wire(200))).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1))
    const message = 'noteResponse() of the key provider threw RangeError'
    const warned = { type: 'warned', kind: 'key', code: 'ERR_AUTH_PROVIDER', message }
    expect(events.filter(({ type }) => type === 'warned')).toEqual([warned])
    expect(JSON.stringify(events)).not.toContain(secret)
  })

  it("leaves the caller's members of a merged header, and takes them along to no other origin", async () => {
    const auth = proofAuth(secret)
    const headers = { 'x-features': 'files, PROOFS' }
    const { prepare } = createExchange(auth, { allowedOrigins })
    const sent = await prepare({ ...outbound, headers })
    expect(sent.headers.get('x-features')).toBe('files, PROOFS, nonces')
    expect([...stripCredentials(auth, outbound.url, sent.headers).headers]).toEqual([])
  })

  it.each([['x-api-key'], ['Set-Cookie'], ['x-key'], ['content-length']])(
    'takes no provider that merges %s',
    (name) => {
      const auth = { ...keyAuth('k'), mergedHeaderNames: [name] }
      expect(() => createExchange(auth, { allowedOrigins })).toThrow(TypeError)
    },
  )
})

describe('combineAuth()', () => {
  it('shows a response to each of its providers, also when one of them throws', async () => {
    const { auth, noted } = noting()
    const failing: AuthProvider = {
      ...keyAuth('other'),
      headerNames: ['x-other'],
      addAuthHeaders: (headers) => headers.set('x-other', 'o'),
      noteResponse() {
        throw new RangeError('It broke')
      },
    }
    const events: AuthEvent[] = []
    const options = { allowedOrigins, observer: (event: AuthEvent) => events.push(event) }
    await createExchange(combineAuth(failing, auth), options).send(outbound, wire(200))
    expect(noted).toEqual(['k https://a.example/p 200 nonce-200'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'warned', kind: 'combined' }))
    expect(combineAuth(keyAuth('k'))).not.toHaveProperty('noteResponse')
  })

  it('requires the request, and merges list headers, as its providers do', () => {
    const merging = {
      ...keyAuth('m'),
      mergedHeaderNames: ['x-features'],
      addAuthHeaders: (headers: Parameters<AuthProvider['addAuthHeaders']>[0]) => {
        headers.set('x-key', 'm')
        addListMember(headers, 'x-features', 'Files')
      },
    }
    const auth = combineAuth(merging, proofAuth(secret))
    expect(auth).toMatchObject({ requiresRequest: true, mergedHeaderNames: ['x-features'] })
    const headers = createHeaderMap()
    auth.addAuthHeaders(headers)
    expect(headers.get('x-features')).toBe('Files, proofs, nonces')
    const replacing = { ...keyAuth('r'), headerNames: ['x-other', 'x-features'] }
    expect(() => combineAuth(merging, replacing)).toThrow('two providers set x-features')
  })
})

it('toAuthHeaders() gives nothing for a provider that requires the request', () => {
  const cold: AuthProvider = { ...tokenAuth(async () => secret), requiresRequest: true }
  for (const auth of [cold, proofAuth(secret), { ...keyAuth('k'), requiresRequest: true }])
    expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NEEDS_REQUEST' }))
})

it('recoverHandshake() shows the response to the provider, whatever its status', async () => {
  const responses: AuthResponse[] = []
  const auth = { ...keyAuth('k'), noteResponse: (response: AuthResponse) => void responses.push(response) }
  const url = 'wss://a.example/live'
  const opened = await handshakeAuth(auth, { url }, { allowedOrigins })
  for (const status of [101, 401]) {
    const headers = { 'dpop-nonce': `nonce-${status}` }
    expect(await recoverHandshake(auth, opened, { status, headers })).toBe(false)
  }
  expect(responses.map(({ status, headers }) => [status, headers.get('dpop-nonce')])).toEqual([
    [101, 'nonce-101'],
    [401, 'nonce-401'],
  ])
  expect(responses[0]?.request).toMatchObject({ url: 'https://a.example/live' })
})

it('recoverHandshake() warns when noteResponse() throws', async () => {
  const events: AuthEvent[] = []
  const noteResponse = () => {
    throw new RangeError(secret)
  }
  const auth = { ...tokenAuth(async () => secret), noteResponse }
  const opened = await handshakeAuth(auth, { url: 'wss://a.example/' }, { allowedOrigins })
  const observer = (event: AuthEvent) => void events.push(event)
  expect(await recoverHandshake(auth, opened, 403, { observer })).toBe(false)
  expect(events).toMatchObject([{ type: 'warned', code: 'ERR_AUTH_PROVIDER' }])
})
