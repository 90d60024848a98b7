import { afterEach, expect, it, vi } from 'vitest'
import {
  createExchange,
  type ExchangeOptions,
  type ExchangeTransport,
  type OutboundRequest,
  type SentRequest,
} from '../../src/exchange/index.js'
import { AuthError, type AuthEvent, type AuthProvider, createHeaderMap } from '../../src/index.js'
import { keyAuth } from '../checks/sample-providers.js'

afterEach(() => void vi.restoreAllMocks())

const outbound: OutboundRequest = { method: 'POST', url: 'https://a.example/', headers: {}, body: 'text' }
const claims = '{"access_token":{"nbf":{"value":"1"}}}'
const challenge = { 'www-authenticate': `Bearer error="insufficient_claims", claims="${btoa(claims)}"` }

/** A wire on which these statuses come in turn, and then 200; counts what was sent and ended. */
function wire(...statuses: number[]) {
  const calls = { sent: 0, ended: 0, headers: 0 }
  const transport: ExchangeTransport<number> = {
    async send() {
      return statuses[calls.sent++] ?? 200
    },
    status: (status) => status,
    headers() {
      calls.headers += 1
      return createHeaderMap(challenge)
    },
    readBody: async (status) => `body of ${status}`,
    discard() {
      calls.ended += 1
    },
  }
  return { calls, transport }
}

const exchangeOf = (change: Partial<AuthProvider>, options: ExchangeOptions = {}) =>
  createExchange({ ...keyAuth('k'), ...change }, { allowedOrigins: ['https://a.example'], ...options })

it('exchange.send() shows recover() all of the rejected request and of its response', async () => {
  const seen: unknown[] = []
  const { send } = exchangeOf({
    async recover({ request, headers, readBody, ...others }, options) {
      seen.push({ ...others, url: request.url, headers: [...headers], body: await readBody(), options })
      return seen.length < 2
    },
  })
  const { signal } = new AbortController()
  const { transport } = wire(401, 401)
  expect(await send({ ...outbound, signal, minValidityMs: 7 }, transport)).toBe(401)
  const first = {
    status: 401,
    attempt: 0,
    claims,
    url: 'https://a.example/',
    headers: Object.entries(challenge),
    body: 'body of 401',
    options: { signal, minValidityMs: 7 },
  }
  expect(seen).toEqual([first, { ...first, attempt: 1 }])
})

it('exchange.send() counts what was sent before as the first time, and does not show its response again', async () => {
  const noted: number[] = []
  const { send } = exchangeOf({
    noteResponse: ({ status }) => void noted.push(status),
    recover: async () => true,
  })
  const first: SentRequest<number> = {
    request: { method: 'POST', url: outbound.url, headers: createHeaderMap({ 'x-key': 'k' }) },
    response: 401,
  }
  const { calls, transport } = wire(401, 401)
  expect(await send(outbound, transport, first)).toBe(401)
  expect([calls.sent, calls.ended]).toEqual([2, 2])
  expect(noted).toEqual([401, 401])
  const untouched = wire()
  expect(await send(outbound, untouched.transport, { ...first, response: 204 })).toBe(204)
  expect(untouched.calls).toEqual({ sent: 0, ended: 0, headers: 0 })
})

it('exchange.send() reads no headers of a response that no provider wants to see', async () => {
  for (const change of [{}, { recover: async () => true }]) {
    const { calls, transport } = wire(200)
    await exchangeOf(change).send(outbound, transport)
    expect(calls).toEqual({ sent: 1, ended: 0, headers: 0 })
  }
})

it.each<[string, Partial<OutboundRequest>, number]>([
  ['a string', {}, 2],
  ['no body', { body: undefined }, 2],
  ['a stream', { body: new ReadableStream() }, 1],
  ['a stream that was recorded', { body: new ReadableStream(), replay: () => 'text' }, 2],
  ['a stream that was recorded as an empty body', { body: new ReadableStream(), replay: () => '' }, 2],
  ['a string that cannot be sent again', { replay: () => undefined }, 1],
])('exchange.send() sends %s as often as it can', async (_what, change, sent) => {
  const { calls, transport } = wire(401)
  await exchangeOf({ recover: async () => true }).send({ ...outbound, ...change }, transport)
  expect(calls).toMatchObject({ sent, ended: sent - 1 })
})

it.each<[string, () => Promise<boolean>, object]>([
  ['retry', async () => true, { outcome: 'retry' }],
  ['given-up', async () => false, { outcome: 'given-up' }],
  [
    'failed',
    () => Promise.reject(AuthError.build('Never', { code: 'ERR_AUTH_SOURCE' })),
    { outcome: 'failed', code: 'ERR_AUTH_SOURCE' },
  ],
  ['failed', () => Promise.reject(new Error('Broken')), { outcome: 'failed', code: 'ERR_AUTH_PROVIDER' }],
])(
  'exchange.send() tells of %s, with time, status, attempt and agent',
  async (_outcome, answer, expected) => {
    let nowMs = 1000
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    const agentIdentity = { agentId: 'agent-1', taskId: 'task-1' }
    const events: AuthEvent[] = []
    const recover = () => {
      nowMs += 25
      return answer()
    }
    const exchange = exchangeOf(
      { recover, agentIdentity, recoverStatuses: [403] },
      { observer: (event) => void events.push(event) },
    )
    await exchange.send(outbound, wire(403).transport).catch(() => {})
    expect(events.filter(({ type }) => type === 'recovered')).toEqual([
      {
        type: 'recovered',
        kind: 'key',
        status: 403,
        attempt: 0,
        durationMs: 25,
        code: undefined,
        agentIdentity,
        ...expected,
      },
    ])
  },
)

it.each([undefined, null, 'enough'])(
  'exchange.send() tells of a recovery that an abort with %s has ended, without a code',
  async (reason) => {
    const controller = new AbortController()
    const events: AuthEvent[] = []
    const recover = async () => {
      controller.abort(reason)
      return true
    }
    const { calls, transport } = wire(401)
    const { signal } = controller
    const exchange = exchangeOf({ recover }, { observer: (event) => void events.push(event) })
    const error = await exchange.send({ ...outbound, signal }, transport).catch((thrown: unknown) => thrown)
    expect(error).toBe(signal.reason)
    expect(events.at(-1)).toMatchObject({ type: 'recovered', outcome: 'failed', code: undefined })
    expect(calls).toMatchObject({ sent: 1, ended: 1 })
  },
)
