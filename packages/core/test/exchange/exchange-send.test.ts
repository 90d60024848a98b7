import { describe, expect, it } from 'vitest'
import {
  createExchange,
  type ExchangeOptions,
  type ExchangeTransport,
  type OutboundRequest,
} from '../../src/exchange/index.js'
import {
  type AuthBody,
  AuthError,
  type AuthEvent,
  type AuthProvider,
  type AuthRejection,
  type AuthRequest,
  createHeaderMap,
} from '../../src/index.js'
import { keyAuth } from '../checks/sample-providers.js'

interface Answer {
  readonly status: number
  readonly text: string
}

/** A wire that answers with these statuses in turn, and remembers what happened. */
function scripted(...statuses: number[]) {
  const sent: { key: string | null; body: AuthBody | undefined; attempt: number }[] = []
  const discarded: Answer[] = []
  const transport: ExchangeTransport<Answer> = {
    async send(request, attempt) {
      sent.push({ key: request.headers.get('x-key'), body: request.body, attempt })
      const status = statuses[sent.length - 1] ?? 200
      return { status, text: `answer ${sent.length}` }
    },
    status: ({ status }) => status,
    headers: ({ status }) => createHeaderMap({ 'x-status': `${status}` }),
    readBody: async ({ text }) => text,
    discard: (response) => {
      discarded.push(response)
    },
  }
  return { sent, discarded, transport }
}

/** Counts applications, each of which sets another key; recovers as it is told. */
function countingAuth(
  recover?: (rejection: AuthRejection, options?: { signal?: AbortSignal }) => unknown,
  fail: (application: number) => void = () => {},
) {
  const counts = { applications: 0, recoveries: 0 }
  const auth: AuthProvider = {
    ...keyAuth(''),
    async applyAuth(request: AuthRequest) {
      fail(++counts.applications)
      request.headers.set('x-key', `key-${counts.applications}`)
      return request
    },
    ...(recover && {
      async recover(rejection: AuthRejection, options?: { signal?: AbortSignal }) {
        counts.recoveries += 1
        return (await recover(rejection, options)) as boolean
      },
    }),
  }
  return { auth, counts }
}

const outbound = (change: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'POST',
  url: 'https://a.example/p',
  headers: {},
  body: 'text',
  ...change,
})

const exchangeFor = (auth: AuthProvider, options: ExchangeOptions = {}) =>
  createExchange(auth, { allowedOrigins: ['https://a.example'], ...options })

const transient = () => AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
const build = () => AuthError.build('Never', { code: 'ERR_AUTH_CREDENTIAL' })

describe('exchange.send() before the first send:', () => {
  it('a transient failure costs one more application: 2 applications, 1 send', async () => {
    const { auth, counts } = countingAuth(undefined, (application) => {
      if (application === 1) throw transient()
    })
    const { sent, transport } = scripted(200)
    const startedAtMs = Date.now()
    expect(await exchangeFor(auth).send(outbound(), transport)).toMatchObject({ status: 200 })
    expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(150)
    expect(counts.applications).toBe(2)
    expect(sent).toEqual([{ key: 'key-2', body: 'text', attempt: 0 }])
  })

  it('a second transient failure reaches the caller: 2 applications, 0 sends', async () => {
    const error = transient()
    const { auth, counts } = countingAuth(undefined, () => {
      throw error
    })
    const { sent, transport } = scripted()
    await expect(exchangeFor(auth).send(outbound(), transport)).rejects.toBe(error)
    expect([counts.applications, sent.length]).toEqual([2, 0])
  })

  it('a build failure reaches the caller at once: 1 application, 0 sends', async () => {
    const error = build()
    const { auth, counts } = countingAuth(undefined, () => {
      throw error
    })
    const { sent, transport } = scripted()
    await expect(exchangeFor(auth).send(outbound(), transport)).rejects.toBe(error)
    expect([counts.applications, sent.length]).toEqual([1, 0])
  })

  it('a foreign failure is a build failure, without its text', async () => {
    const { auth, counts } = countingAuth(undefined, () => {
      throw new Error('secret-1')
    })
    const { sent, transport } = scripted()
    const error = await exchangeFor(auth)
      .send(outbound(), transport)
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_PROVIDER', cause: { name: 'Error' } })
    expect(error.message).not.toContain('secret-1')
    expect([counts.applications, sent.length]).toEqual([1, 0])
  })

  it('a foreign origin is refused: 0 applications, 0 sends', async () => {
    const { auth, counts } = countingAuth()
    const { sent, transport } = scripted()
    const request = outbound({ url: 'https://b.example/' })
    await expect(exchangeFor(auth).send(request, transport)).rejects.toMatchObject({
      code: 'ERR_AUTH_ORIGIN',
    })
    expect([counts.applications, sent.length]).toEqual([0, 0])
  })

  it('an abort during the pause ends it with the reason: 1 application, 0 sends', async () => {
    const controller = new AbortController()
    const reason = new Error('Enough')
    const { auth, counts } = countingAuth(undefined, () => {
      setTimeout(() => controller.abort(reason), 5)
      throw transient()
    })
    const { sent, transport } = scripted()
    const request = outbound({ signal: controller.signal })
    await expect(exchangeFor(auth).send(request, transport)).rejects.toBe(reason)
    expect([counts.applications, sent.length]).toEqual([1, 0])
  })

  it.each([new Error('Enough'), null])(
    'a request that was aborted with %s is not authenticated',
    async (reason) => {
      const { auth, counts } = countingAuth()
      const request = outbound({ signal: AbortSignal.abort(reason) })
      await expect(exchangeFor(auth).send(request, scripted().transport)).rejects.toBe(reason)
      expect(counts.applications).toBe(0)
    },
  )

  it('an error of the wire reaches the caller as it is, and is not tried again', async () => {
    const error = new TypeError('fetch failed')
    const { auth, counts } = countingAuth(() => true)
    const { transport } = scripted()
    const broken = { ...transport, send: () => Promise.reject(error) }
    await expect(exchangeFor(auth).send(outbound(), broken)).rejects.toBe(error)
    expect(counts).toEqual({ applications: 1, recoveries: 0 })
  })
})

describe('exchange.send() after a refusal:', () => {
  it('asks recover(), applies auth anew and sends again', async () => {
    const seen: unknown[] = []
    const { auth } = countingAuth(async ({ request, status, headers, attempt, readBody }) => {
      seen.push([request.headers.get('x-key'), status, headers.get('x-status'), attempt, await readBody()])
      return true
    })
    const { sent, discarded, transport } = scripted(401, 200)
    expect(await exchangeFor(auth).send(outbound(), transport)).toEqual({ status: 200, text: 'answer 2' })
    expect(seen).toEqual([['key-1', 401, '401', 0, 'answer 1']])
    expect(sent.map(({ key, attempt }) => [key, attempt])).toEqual([
      ['key-1', 0],
      ['key-2', 1],
    ])
    expect(discarded).toEqual([{ status: 401, text: 'answer 1' }])
  })

  it('starts each attempt from the request of the caller', async () => {
    const seen: unknown[] = []
    const { auth } = countingAuth(() => true)
    const growing: AuthProvider = {
      ...auth,
      async applyAuth(request, options) {
        const applied = (await auth.applyAuth?.(request, options)) ?? request
        seen.push([applied.url, applied.headers.get('x-seen')])
        applied.headers.set('x-seen', 'yes')
        applied.url += '?seen'
        return applied
      },
    }
    await exchangeFor({ ...growing, headerNames: ['x-key'] }).send(
      outbound(),
      scripted(401, 401, 200).transport,
    )
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['https://a.example/p', null]))
  })

  it('gives the third answer to the caller, whatever it is: 3 sends, 2 recoveries', async () => {
    const { auth, counts } = countingAuth(() => true)
    const { sent, discarded, transport } = scripted(401, 401, 401, 200)
    expect(await exchangeFor(auth).send(outbound(), transport)).toEqual({ status: 401, text: 'answer 3' })
    expect(sent.map(({ attempt }) => attempt)).toEqual([0, 1, 2])
    expect(discarded.length).toBe(2)
    expect(counts).toEqual({ applications: 3, recoveries: 2 })
  })

  it.each([false, undefined, 1, 'true'])(
    'hands the answer over untouched when recover() gives %j',
    async (value) => {
      const { auth, counts } = countingAuth(() => value)
      const { sent, discarded, transport } = scripted(401)
      expect(await exchangeFor(auth).send(outbound(), transport)).toEqual({ status: 401, text: 'answer 1' })
      expect([counts.recoveries, sent.length, discarded.length]).toEqual([1, 1, 0])
    },
  )

  it.each<[number, readonly number[] | undefined, number]>([
    [401, undefined, 1],
    [403, undefined, 0],
    [500, undefined, 0],
    [200, undefined, 0],
    [403, [401, 403], 1],
    [401, [], 0],
  ])(
    'with status %i and recoverStatuses %j asks recover() %i times',
    async (status, recoverStatuses, expected) => {
      const { auth, counts } = countingAuth(() => false)
      const { transport } = scripted(status)
      await exchangeFor({ ...auth, recoverStatuses }).send(outbound(), transport)
      expect(counts.recoveries).toBe(expected)
    },
  )

  it('asks nobody where there is no recover()', async () => {
    const { sent, transport } = scripted(401)
    expect(await exchangeFor(keyAuth('k')).send(outbound(), transport)).toMatchObject({ status: 401 })
    expect(sent.length).toBe(1)
  })

  it('recovers for the next request when the body cannot be sent again', async () => {
    const { auth, counts } = countingAuth(() => true)
    for (const replay of [undefined, () => undefined]) {
      const { sent, transport } = scripted(401)
      const body = new ReadableStream<Uint8Array>()
      expect(await exchangeFor(auth).send(outbound({ body, replay }), transport)).toMatchObject({
        status: 401,
      })
      expect(sent.length).toBe(1)
    }
    expect(counts.recoveries).toBe(2)
  })

  it('sends a recorded stream again', async () => {
    const { auth } = countingAuth(() => true)
    const { sent, transport } = scripted(401, 200)
    const body = new ReadableStream<Uint8Array>()
    await exchangeFor(auth).send(outbound({ body, replay: () => 'recorded' }), transport)
    expect(sent.map((request) => request.body)).toEqual([body, 'recorded'])
  })

  it.each<[string, () => unknown, object]>([
    ['an AuthError', build, { kind: 'build', code: 'ERR_AUTH_CREDENTIAL' }],
    ['a foreign error', () => new Error('secret-1'), { kind: 'build', code: 'ERR_AUTH_PROVIDER' }],
  ])('%s of recover() reaches the caller, and the answer is discarded', async (_what, error, expected) => {
    const { auth, counts } = countingAuth(() => {
      throw error()
    })
    const { sent, discarded, transport } = scripted(401)
    const thrown = await exchangeFor(auth)
      .send(outbound(), transport)
      .catch((reason) => reason)
    expect(thrown).toMatchObject(expected)
    expect(thrown.message).not.toContain('secret-1')
    expect([counts.recoveries, sent.length, discarded.length]).toEqual([1, 1, 1])
  })

  it('a transient failure of recover() costs one more: 2 recoveries, 2 sends', async () => {
    const { auth, counts } = countingAuth(() => {
      if (counts.recoveries === 1) throw transient()
      return true
    })
    const { sent, transport } = scripted(401, 200)
    expect(await exchangeFor(auth).send(outbound(), transport)).toMatchObject({ status: 200 })
    expect([counts.recoveries, sent.length]).toEqual([2, 2])
  })

  it('a second transient failure of recover() reaches the caller, and the answer is discarded', async () => {
    const error = transient()
    const { auth, counts } = countingAuth(() => {
      throw error
    })
    const { sent, discarded, transport } = scripted(401)
    await expect(exchangeFor(auth).send(outbound(), transport)).rejects.toBe(error)
    expect([counts.recoveries, sent.length, discarded.length]).toEqual([2, 1, 1])
  })

  it('a recover() that throws at once is no different', async () => {
    const auth: AuthProvider = {
      ...keyAuth('k'),
      recover() {
        throw new Error('secret-1')
      },
    }
    const { discarded, transport } = scripted(401)
    await expect(exchangeFor(auth).send(outbound(), transport)).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
    })
    expect(discarded.length).toBe(1)
  })

  it('an abort ends a recovery at once, with the reason, and the answer is discarded', async () => {
    const controller = new AbortController()
    const reason = new Error('Enough')
    let seen: unknown
    const { auth } = countingAuth((_rejection, options) => {
      seen = options?.signal
      setTimeout(() => controller.abort(reason), 1)
      return new Promise(() => {})
    })
    const { sent, discarded, transport } = scripted(401)
    const request = outbound({ signal: controller.signal })
    await expect(exchangeFor(auth).send(request, transport)).rejects.toBe(reason)
    expect(seen).toBe(controller.signal)
    expect([sent.length, discarded.length]).toEqual([1, 1])
  })

  it('a failure to discard neither hides an error nor ends a recovery', async () => {
    const discard = () => Promise.reject(new TypeError('The stream is locked'))
    const failing = countingAuth(() => {
      throw build()
    })
    const first = { ...scripted(401).transport, discard }
    await expect(exchangeFor(failing.auth).send(outbound(), first)).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIAL',
    })
    const second = { ...scripted(401, 200).transport, discard }
    const { auth } = countingAuth(() => true)
    expect(await exchangeFor(auth).send(outbound(), second)).toMatchObject({ status: 200 })
  })

  it.each<[string, () => unknown, object]>([
    ['retry', () => true, {}],
    ['given-up', () => false, {}],
    [
      'failed',
      () => {
        throw build()
      },
      { code: 'ERR_AUTH_CREDENTIAL' },
    ],
  ])('tells its observer of the outcome %s', async (outcome, recover, more) => {
    const events: AuthEvent[] = []
    const { auth } = countingAuth(recover)
    const exchange = exchangeFor(auth, { observer: (event) => events.push(event) })
    await exchange.send(outbound(), scripted(401, 200).transport).catch(() => {})
    expect(events.filter(({ type }) => type === 'recovered')).toEqual([
      {
        type: 'recovered',
        kind: 'key',
        status: 401,
        attempt: 0,
        outcome,
        durationMs: expect.any(Number),
        ...more,
      },
    ])
    expect(events.filter(({ type }) => type === 'applied').length).toBe(outcome === 'retry' ? 2 : 1)
  })
})
