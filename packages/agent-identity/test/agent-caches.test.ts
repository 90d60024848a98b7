import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AgentIdentityAuthOptions,
  agentIdentityAuth,
  parseAgentKey,
  registerTask,
} from '../src/index.js'
import { answers, type LoopbackAuthority, loopbackAuthority } from './loopback-authority.js'
import { worked } from './worked-vectors.js'

const hour = 3_600_000
const { agentRuntimeId, version2: privateKey } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  const { publicKey } = await parseAgentKey(privateKey)
  authority.agents.set(agentRuntimeId, Buffer.from(publicKey).toString('base64url'))
})
afterEach(() => authority.close())

function client(change: Partial<AgentIdentityAuthOptions> = {}) {
  const registration = { baseUrl: authority.baseUrl }
  const auth = agentIdentityAuth({ agentRuntimeId, privateKey, taskId: 'task-dead', registration, ...change })
  const exchange = createExchange(auth, { allowedOrigins: [authority.origin] })
  const send = async (): Promise<number> => {
    const response = await exchange.send(
      { method: 'POST', url: `${authority.origin}/responses`, headers: {}, body: '{}' },
      {
        async send({ url, headers, body }) {
          const sent = await fetch(url, { method: 'POST', headers: [...headers], body: body as string })
          return { status: sent.status, headers: sent.headers, text: await sent.text() }
        },
        status: ({ status }) => status,
        headers: ({ headers }) => createHeaderMap(headers),
        readBody: async ({ text }) => text,
        discard() {},
      },
    )
    return response.status
  }
  return { auth, send }
}

describe('agentIdentityAuth() with an endpoint that rejects every task', () => {
  it('registers one task, then only after 5 s, doubling to 60 s', async () => {
    let nowMs = Date.now()
    const { send } = client({ now: () => new Date(nowMs) })
    const dead = answers(401, '{"code":"task_expired"}')
    const registeredAt: number[] = []
    for (let at = 0; at <= 40; at++) {
      const before = authority.count('task')
      // The answers to the send, to a registration, and to the send after it.
      authority.scripts.push(
        ...Array(2).fill((call: { route: string }, response: never) =>
          call.route === 'model' ? dead(call as never, response) : undefined,
        ),
      )
      authority.scripts.push((call, response) => (call.route === 'model' ? dead(call, response) : undefined))
      expect(await send()).toBe(401)
      authority.scripts.length = 0
      if (authority.count('task') > before) registeredAt.push(at)
      nowMs += 1000
    }
    expect(registeredAt).toEqual([0, 5, 15, 35])
  })

  it('registers another task when a later request finds that its task has ended', async () => {
    const { send } = client()
    expect(await send()).toBe(200)
    authority.scripts.push(answers(401, '{"code":"task_expired"}'))
    expect(await send()).toBe(200)
    expect(authority.count('task')).toBe(2)
  })
})

describe('agentIdentityAuth() with a key function', () => {
  it.each([-25, -2, 2, 25])(
    'on a clock %d h ahead, signs with a key that expires in an hour',
    async (hours) => {
      let calls = 0
      const warnings: string[] = []
      const auth = agentIdentityAuth({
        agentRuntimeId,
        taskId: 'task-1',
        privateKey() {
          calls++
          return { token: privateKey, expiresAt: new Date(Date.now() + hour) }
        },
        now: () => new Date(Date.now() + hours * hour),
        observer: (event) => event.type === 'warned' && warnings.push(event.code),
      })
      for (let request = 0; request < 10; request++) {
        const sent = await applyAuth(auth, {
          method: 'GET',
          url: 'https://a.example/',
          headers: createHeaderMap(),
        })
        expect(sent.headers.get('authorization')).toMatch(/^AgentAssertion /)
      }
      expect(calls).toBe(1)
      expect(warnings).toEqual(hours > 0 ? ['ERR_AUTH_CLOCK'] : [])
    },
  )

  it('remembers a malformed key for a moment, and names it to each request', async () => {
    let calls = 0
    const auth = agentIdentityAuth({
      agentRuntimeId,
      taskId: 'task-1',
      privateKey: () => `no-key-${++calls}`,
    })
    const request = { method: 'GET', url: 'https://a.example/' }
    for (let round = 0; round < 5; round++) {
      const sent = applyAuth(auth, { ...request, headers: createHeaderMap() })
      await expect(sent).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_AGENT_KEY' })
    }
    expect(calls).toBeLessThan(5)
  })

  it('tells waitUntil of renewals in the background', async () => {
    const kept: Promise<unknown>[] = []
    let nowMs = Date.now()
    const auth = agentIdentityAuth({
      agentRuntimeId,
      taskId: 'task-1',
      privateKey: () => ({ token: privateKey, expiresAt: new Date(nowMs + hour) }),
      now: () => new Date(nowMs),
      waitUntil: (promise) => kept.push(promise),
    })
    const sign = () =>
      applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
    await sign()
    nowMs += hour - 60_000
    await sign()
    expect(kept).toHaveLength(1)
  })
})

describe('registerTask() with an observer', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('guest')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('guest'))],
    [
      'rejects as another library does',
      () => Object.defineProperty({}, 'then', { value: (_: unknown, no: () => void) => no() }),
    ],
  ])('that %s, gives the task, and ends no process', async (_, observer) => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { baseUrl } = authority
    expect(await registerTask({ baseUrl, agentRuntimeId, privateKey, observer })).toBe('task-1')
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})
