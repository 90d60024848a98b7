import { inspect } from 'node:util'
import { type AuthEvent, type AuthRejection, applyAuth, createHeaderMap } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AwsCredentials, type SigV4AuthOptions, sigV4Auth } from '../../src/index.js'

const hour = 3_600_000
const policy = { service: 's3', region: 'us-east-1' } as const
const url = 'https://bucket.s3.amazonaws.com/key'

function sign(auth: ReturnType<typeof sigV4Auth>) {
  return applyAuth(auth, { method: 'GET', url, headers: createHeaderMap() })
}

function rejection(request: AuthRejection['request'], code: string, attempt = 0): AuthRejection {
  const headers = createHeaderMap({ date: new Date().toUTCString() })
  return { request, status: 403, headers, readBody: async () => `<Code>${code}</Code>`, attempt }
}

/** A service whose clock is right, as a machine sees it whose clock is ahead by so much. */
function createLab(aheadMs: number, options: Partial<SigV4AuthOptions> = {}) {
  const events: AuthEvent[] = []
  const lab = { calls: 0, sends: 0, events }
  const auth = sigV4Auth({
    ...policy,
    now: () => new Date(Date.now() + aheadMs),
    observer: (event) => events.push(event),
    credentials: async () => ({
      accessKeyId: `AKID${++lab.calls}`,
      secretAccessKey: 'planted-secret',
      expiration: new Date(Date.now() + hour),
    }),
    ...options,
  })
  const exchange = createExchange(auth, { allowedOrigins: [new URL(url).origin] })
  const send = () =>
    exchange.send<{ status: number; body: string }>(
      { method: 'GET', url, headers: {} },
      {
        async send({ headers }) {
          lab.sends++
          const date = headers
            .get('x-amz-date')
            ?.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5')
          const isInTime = Math.abs(Date.parse(date ?? '') - Date.now()) < 15 * 60_000
          return isInTime
            ? { status: 200, body: '' }
            : { status: 403, body: '<Error><Code>RequestTimeTooSkewed</Code></Error>' }
        },
        status: ({ status }) => status,
        headers: () => createHeaderMap({ date: new Date().toUTCString() }),
        readBody: async ({ body }) => body,
        discard() {},
      },
    )
  return { lab, send, auth }
}

afterEach(() => void vi.restoreAllMocks())

it.each([
  [300_001, 1],
  [300_000, 2],
])('sigV4Auth() has asked for credentials that last another %i ms %i times', async (leftMs, calls) => {
  // No jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  let nowMs = Date.now()
  const expiration = new Date(nowMs + hour)
  const credentials = vi.fn(async () => ({ accessKeyId: 'AKID1', secretAccessKey: 'secret', expiration }))
  const auth = sigV4Auth({ ...policy, now: () => new Date(nowMs), credentials })
  await sign(auth)
  nowMs += hour - leftMs
  await sign(auth)
  expect(credentials).toHaveBeenCalledTimes(calls)
})

describe('sigV4Auth() with a credentials function, on a wrong clock', () => {
  it.each([-2, -1, 1, 2])('%d h ahead, sends, and corrects the clock by the response', async (hours) => {
    const { lab, send } = createLab(hours * hour)
    for (let request = 0; request < 10; request++) expect((await send()).status).toBe(200)
    // One send for each request, and one that taught the time. The token that looked expired is renewed when the clock
    // is right.
    expect(lab.sends).toBe(11)
    expect(lab.calls).toBeLessThanOrEqual(2)
    const warned = lab.events.filter((event) => event.type === 'warned')
    expect(warned).toHaveLength(hours > 0 ? 1 : 0)
    if (hours > 0) expect(warned[0]).toMatchObject({ kind: 'sigv4', code: 'ERR_AUTH_CLOCK' })
    expect(JSON.stringify(lab.events)).not.toContain('planted')
  })

  it.each([-25, 25])('%d h ahead, sends once, and gives the rejection to the caller', async (hours) => {
    const { lab, send } = createLab(hours * hour)
    for (let request = 0; request < 10; request++) expect((await send()).status).toBe(403)
    expect(lab.sends).toBe(10)
    expect(lab.calls).toBe(1)
  })

  it('still signs when one wrong Date makes its credentials look expired', async () => {
    const { lab, auth } = createLab(0)
    const request = await sign(auth)
    const headers = createHeaderMap({ date: new Date(Date.now() + 3 * hour).toUTCString() })
    const wrong = { ...rejection(request, 'RequestTimeTooSkewed'), headers }
    expect(await auth.recover?.(wrong)).toBe(true)
    for (let round = 0; round < 10; round++) await sign(auth)
    expect(lab.calls).toBe(2)
  })
})

describe('sigV4Auth() with a service that gives a new secret to an old key id', () => {
  const secrets = ['planted-first', 'planted-second']
  const keyWith = (secretAccessKey = ''): AwsCredentials => ({ accessKeyId: 'AKID', secretAccessKey })

  function rotating(options: Partial<SigV4AuthOptions> = {}) {
    const seen: unknown[] = []
    let calls = 0
    const auth = sigV4Auth({
      ...policy,
      refreshIntervalMs: 0,
      credentials: async (asked) => {
        seen.push(asked)
        return keyWith(secrets[Math.min(calls++, secrets.length - 1)])
      },
      ...options,
    })
    return { auth, seen, calls: () => calls }
  }

  it.each(['SignatureDoesNotMatch', 'InvalidSignature', 'InvalidAccessKeyId'])(
    'notices a rejected secret when the service responds with %s',
    async (code) => {
      const { auth, seen, calls } = rotating()
      const first = await sign(auth)
      expect(await auth.recover?.(rejection(first, code))).toBe(true)
      const second = await sign(auth)
      expect(second.headers.get('authorization')).not.toBe(first.headers.get('authorization'))
      expect(calls()).toBe(2)
      // Another request that was signed with the old secret needs only to be sent again.
      expect(await auth.recover?.(rejection(first, code))).toBe(true)
      expect(calls()).toBe(2)
      expect(inspect(seen, { depth: 9 })).not.toContain('planted')
    },
  )

  it('asks for credentials rarely when the secret is the same and the signature stays wrong', async () => {
    let asked = 0
    const { auth } = rotating({
      credentials: async () => {
        asked++
        return keyWith('same')
      },
    })
    for (let request = 0; request < 20; request++) {
      const sent = await sign(auth)
      expect(await auth.recover?.(rejection(sent, 'SignatureDoesNotMatch'))).toBe(false)
    }
    expect(asked).toBe(2)
  })

  it('notices a rejected secret for a copy of the request', async () => {
    const { auth, calls } = rotating()
    const { method, url: sentTo, headers } = await sign(auth)
    const copy = { method, url: sentTo, headers: createHeaderMap(headers) }
    expect(await auth.recover?.(rejection(copy, 'SignatureDoesNotMatch'))).toBe(true)
    expect(calls()).toBe(2)
  })

  it('treats an expired signature as a rejection of the time', async () => {
    const { auth, calls } = rotating()
    const sent = await sign(auth)
    const body =
      '{"__type":"InvalidSignatureException","message":"Signature expired: 1 is now earlier than 2"}'
    expect(await auth.recover?.({ ...rejection(sent, ''), readBody: async () => body })).toBe(false)
    expect(calls()).toBe(1)
  })

  it('recovers nothing with explicit credentials', async () => {
    const auth = sigV4Auth({ ...policy, credentials: keyWith('same') })
    expect(await auth.recover?.(rejection(await sign(auth), 'SignatureDoesNotMatch'))).toBe(false)
  })

  it('takes waitUntil as an option, and from the function', async () => {
    for (const where of ['option', 'function']) {
      const kept: Promise<unknown>[] = []
      const waitUntil = (promise: Promise<unknown>) => kept.push(promise)
      let nowMs = Date.UTC(2026, 0, 1)
      const credentials = async () => ({ ...keyWith('a'), expiration: new Date(nowMs + hour) })
      const auth = sigV4Auth({
        ...policy,
        now: () => new Date(nowMs),
        credentials: where === 'function' ? Object.assign(credentials, { waitUntil }) : credentials,
        ...(where === 'option' && { waitUntil }),
      })
      await sign(auth)
      nowMs += hour - 120_000
      await sign(auth)
      expect(kept).toHaveLength(1)
    }
  })
})
