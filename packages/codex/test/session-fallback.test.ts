import { createSessionFallback } from '@outbound-auth/resolver'
import { describe, expect, it } from 'vitest'
import {
  type CodexRequest,
  createCodexResolver,
  type ProviderAuthScope,
  type SessionFallback,
} from '../src/index.js'
import { createCodexLab, problemOf } from './codex-lab.js'
import { chatgptDocument, codexHomeWith } from './config/codex-home.js'

const policy = { agentIdentityPolicy: 'chatgpt-auth' } as const
const outage = () => Response.json({}, { status: 503, headers: { 'retry-after': '0' } })
const createLab = (options: Parameters<typeof createCodexLab>[1] = {}, toml = '') =>
  createCodexLab(
    { 'auth.json': chatgptDocument(new Date(), { secondsLeft: 100_000 }), 'config.toml': toml },
    options,
    outage,
  )

describe('createCodexResolver() falls back to the token of a login', () => {
  it('and says so in an event and in every reason of the session', async () => {
    const messages: string[] = []
    const { codex } = createLab({
      observer(event) {
        if (event.type === 'warned') messages.push(`${event.code} ${event.message}`)
      },
    })
    const why = /this session has fallen back to the login's token: Cannot register the agent/
    expect((await codex.resolve(policy)).reason).toMatch(why)
    expect((await codex.resolve(policy)).reason).toMatch(why)
    expect((await codex.select(policy)).reason).toMatch(why)
    expect(messages).toEqual([
      expect.stringMatching(/^ERR_AUTH_CODEX_AGENT_FALLBACK The session goes on with the token of the login/),
    ])
    // Without the policy nobody wanted an agent.
    expect((await codex.resolve()).reason).not.toMatch(/fallen back/)
  })

  it.each([
    ['the policy of the request', '', policy],
    ['features.use_agent_identity', 'features.use_agent_identity = true', {}],
  ])('with %s, and not with { sessionFallback: false }', async (_, toml, request: CodexRequest) => {
    expect((await createLab({}, toml).codex.resolve(request)).kind).toBe('chatgpt')
    expect((await createLab({ sessionFallback: true }, toml).codex.resolve(request)).kind).toBe('chatgpt')
    const strict = createLab({ sessionFallback: false }, toml).codex
    expect(await problemOf(strict.resolve(request))).toMatch(/^ERR_AUTH_REGISTRATION_UNAVAILABLE transient/)
    expect((await strict.select(request)).canFallBack).toBe(false)
  })

  it('with { sessionFallback: false } not even if the request brings a switch', async () => {
    const sessionFallback: SessionFallback = createSessionFallback()
    const scope: ProviderAuthScope = { ...policy, sessionSource: 'exec', sessionFallback }
    const { codex } = createLab({ sessionFallback: false })
    expect(await problemOf(codex.resolve(scope))).toMatch(/^ERR_AUTH_REGISTRATION_UNAVAILABLE/)
    expect(sessionFallback.engaged).toBe(false)
  })

  it('only where it would have signed as an agent, which select() tells', async () => {
    const { codex } = createLab()
    expect((await codex.select(policy)).canFallBack).toBe(true)
    expect((await codex.select()).canFallBack).toBe(false)
  })
})

it('createCodexResolver() rejects a sessionFallback that is no boolean', () => {
  const sessionFallback = createSessionFallback() as unknown as boolean
  expect(() => createCodexResolver({ home: codexHomeWith(), sessionFallback })).toThrow(TypeError)
})
