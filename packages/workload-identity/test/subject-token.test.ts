import { applyAuth, createHeaderMap, type SourceOptions } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { type WorkloadIdentityAuthOptions, workloadIdentityAuth } from '../src/index.js'
import { granted, json, type Reply, tokenService } from './token-service.js'

const openai = { service: 'openai', identityProviderId: 'idp_1', serviceAccountId: 'sa_1' } as const
const anthropic = { service: 'anthropic', federationRuleId: 'fdrl_1', organizationId: 'org-1' } as const

async function exchanging(options: WorkloadIdentityAuthOptions, reply: (index: number) => Reply = granted) {
  const service = await tokenService((_, index) => reply(index))
  const auth = workloadIdentityAuth({ tokenEndpoint: service.tokenEndpoint, ...options })
  const apply = () =>
    applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
  /** Recovers as an adapter does after a 401. */
  const recover = async (index: number) => {
    const headers = createHeaderMap({ authorization: `Bearer planted-token-${index}` })
    const request = { method: 'GET', url: 'https://api.example.com/', headers }
    return auth.recover?.({ request, status: 401, headers, readBody: async () => '', attempt: 0 })
  }
  const subjects = () =>
    service.exchanges().map(({ body }) => {
      const { subject_token, assertion } = JSON.parse(String(body))
      return subject_token ?? assertion
    })
  return { apply, recover, subjects }
}

/** Gives one token after the other. */
function queue(...tokens: readonly string[]) {
  const calls: SourceOptions[] = []
  return {
    calls,
    subjectToken: (call: SourceOptions) => {
      calls.push(call)
      return tokens[Math.min(calls.length, tokens.length) - 1] ?? ''
    },
  }
}

it('a subject token is trimmed, and its source is called once for each exchange, with forceRefresh', async () => {
  const { subjectToken, calls } = queue(' planted-1\r\n', '\tplanted-2 ')
  const { apply, recover, subjects } = await exchanging({ ...openai, subjectToken })
  await apply()
  await apply()
  expect(await recover(1)).toBe(true)
  expect(subjects()).toEqual(['planted-1', 'planted-2'])
  expect(calls.map(({ forceRefresh }) => forceRefresh)).toEqual([true, true])
})

describe('a service that accepts each subject token once', () => {
  it('gets no token a second time: after a 401 the caller gets the rejection, and the token stays in use', async () => {
    const { subjectToken } = queue('planted-1')
    const { apply, recover, subjects } = await exchanging({ ...anthropic, subjectToken })
    await apply()
    expect(await recover(1)).toBe(false)
    expect((await apply()).headers.get('authorization')).toBe('Bearer planted-token-1')
    expect(subjects()).toEqual(['planted-1'])
  })

  it.each([
    ['a function', () => 'planted-1', 'transient', /Wait until subjectToken gives another one$/],
    ['a literal', 'planted-1', 'build', /Pass a function as subjectToken$/],
  ] as const)('gets no token of %s a second time after an outage', async (_, subjectToken, kind, message) => {
    const { apply, subjects } = await exchanging({ ...anthropic, subjectToken }, () => ({
      status: 503,
      body: '',
    }))
    await expect(apply()).rejects.toMatchObject({ code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await expect(apply()).rejects.toMatchObject({
      code: 'ERR_AUTH_WORKLOAD_USED',
      kind,
      message: expect.stringMatching(message),
    })
    expect(subjects()).toEqual(['planted-1'])
  })

  it('gets the next token of the source', async () => {
    const { subjectToken } = queue('planted-1', 'planted-2')
    const { apply, recover, subjects } = await exchanging({ ...anthropic, subjectToken })
    await apply()
    expect(await recover(1)).toBe(true)
    expect(subjects()).toEqual(['planted-1', 'planted-2'])
  })

  it('may have got the token from another process: the error of a 401 says so', async () => {
    const { apply } = await exchanging({ ...anthropic, subjectToken: 'planted-1' }, () =>
      json({ error: { type: 'authentication_error', message: 'planted-message' } }, 401),
    )
    await expect(apply()).rejects.toMatchObject({
      code: 'ERR_AUTH_WORKLOAD_REFUSED',
      message: expect.stringMatching(/ status 401\. .*, so the token may have been used before$/),
    })
  })

  it('gets the same token again if there was no connection the first time', async () => {
    let isDown = true
    const { apply, subjects } = await exchanging({
      ...anthropic,
      subjectToken: 'planted-1',
      fetch: async (input, init) => {
        if (isDown) throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
        return fetch(input, init)
      },
    })
    await expect(apply()).rejects.toMatchObject({ code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE' })
    isDown = false
    await new Promise((resolve) => setTimeout(resolve, 100))
    await apply()
    expect(subjects()).toEqual(['planted-1'])
  })

  it('is any service with singleUse: true, and not Anthropic with singleUse: false', async () => {
    const once = await exchanging({ ...openai, subjectToken: 'planted-1', singleUse: true })
    await once.apply()
    expect(await once.recover(1)).toBe(false)
    const often = await exchanging({ ...anthropic, subjectToken: 'planted-1', singleUse: false })
    await often.apply()
    expect(await often.recover(1)).toBe(true)
    expect(often.subjects()).toEqual(['planted-1', 'planted-1'])
  })
})

it('a rejected token of an earlier exchange is named in the error', async () => {
  const { apply, recover } = await exchanging({ ...openai, subjectToken: () => 'planted-1' }, (index) =>
    index === 1 ? granted(1) : json({ error: 'invalid_grant' }, 401),
  )
  await apply()
  await expect(recover(1)).rejects.toMatchObject({
    message: expect.stringMatching(/ sent in an earlier exchange, so it may have been used before$/),
  })
})

it.each<[string, unknown, string]>([
  ['is empty', ' \n', 'is empty'],
  ['is no string', 7, 'must be a string'],
  ['has whitespace inside', 'planted a', 'has whitespace or other characters'],
  ['is the name of a variable', '$TOKEN', 'is the name of a variable'],
])('a subject token that %s is not sent', async (_, given, problem) => {
  const { apply, subjects } = await exchanging({ ...openai, subjectToken: () => given as string })
  const error = await apply().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'build' })
  expect(error.message).toContain(`workloadIdentityAuth: subjectToken ${problem}`)
  expect(error.message).not.toContain('planted')
  expect(subjects()).toEqual([])
})

it('a source that fails is a transient error without its text, and one that hangs ends with the exchange', async () => {
  const failing = await exchanging({
    ...openai,
    subjectToken: () => Promise.reject(new Error('planted-reason')),
  })
  const error = await failing.apply().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'transient' })
  expect(error.message + error.stack).not.toContain('planted')
  let signal: AbortSignal | undefined
  const hanging = await exchanging({
    ...openai,
    timeoutMs: 50,
    subjectToken: (call) => {
      signal = call.signal
      return new Promise(() => {})
    },
  })
  await expect(hanging.apply()).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
  expect(signal?.aborted).toBe(true)
})
