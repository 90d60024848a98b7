import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type IdentityTokenVerifierOptions, identityTokenVerifier } from '../../src/jwt/jwt.js'
import { answers, type LoopbackAuthority, loopbackAuthority, stalls } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const minute = 60_000
const startMs = Date.parse('2026-11-25T10:00:00Z')
const unknown = { code: 'ERR_AUTH_JWT_KEY_UNKNOWN' }

let authority: LoopbackAuthority
let nowMs: number
beforeEach(async () => {
  nowMs = startMs
  authority = await loopbackAuthority(() => new Date())
  authority.jwks = { keys: [keyOf('kid-1')] }
})
afterEach(() => authority.close())

const keyOf = (kid: string) => ({ ...rsa.publicKey.export({ format: 'jwk' }), kid })

const verifier = (change: IdentityTokenVerifierOptions = {}) =>
  identityTokenVerifier({ baseUrl: authority.origin, now: () => new Date(nowMs), ...change })

function tokenOf(kid: string): Promise<string> {
  const claims = {
    iss: 'https://chatgpt.com/codex-backend/agent-identity',
    aud: 'codex-app-server',
    iat: startMs / 1000 - 60,
    exp: startMs / 1000 + 36_000,
    agent_runtime_id: 'agent-123',
    agent_private_key: worked.version2,
    account_id: 'account-1',
    chatgpt_user_id: 'user-1',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
  }
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(rsa.privateKey)
}

describe('identityTokenVerifier() while its key set hangs', () => {
  it('verifies tokens of a known key, whatever others are named in made-up tokens', async () => {
    const verify = verifier()
    const good = await tokenOf('kid-1')
    await verify(good)
    authority.scripts.push(stalls)
    const giveUp = new AbortController()
    const madeUp = verify(await tokenOf('made-up'), { signal: giveUp.signal }).catch((error) => error)
    await expect.poll(() => authority.count('jwks')).toBe(2)
    const verified = Promise.all(Array.from({ length: 20 }, () => verify(good)))
    expect(await Promise.race([verified.then(() => 'verified'), madeUp.then(() => 'made-up')])).toBe(
      'verified',
    )
    giveUp.abort('enough')
    expect(await madeUp).toBe('enough')
    await expect(verify(good)).resolves.toBeDefined()
    expect(authority.count('jwks')).toBe(2)
  })

  it('verifies tokens of a known key while the set is renewed in its last two minutes', async () => {
    const kept: Promise<unknown>[] = []
    const verify = verifier({ waitUntil: (promise) => kept.push(promise) })
    const good = await tokenOf('kid-1')
    await verify(good)
    nowMs += 9 * minute
    authority.scripts.push(stalls)
    await expect(verify(good)).resolves.toBeDefined()
    expect(kept).toHaveLength(1)
    await expect.poll(() => authority.count('jwks')).toBe(2)
    await expect(verify(good)).resolves.toBeDefined()
  })
})

it.each([
  [599_999, 'verifies a token'],
  [600_000, 'rejects a token'],
])('identityTokenVerifier() %i ms after the last fetch of the key set %s', async (ms, outcome) => {
  const verify = verifier()
  const good = await tokenOf('kid-1')
  await verify(good)
  nowMs += ms
  authority.scripts.push(answers(500), answers(500))
  const { code } = await verify(good).catch((error) => error)
  expect(code).toBe(outcome === 'verifies a token' ? undefined : 'ERR_AUTH_JWKS_UNAVAILABLE')
})

describe('identityTokenVerifier() with made-up key names', () => {
  it('asks for the set every 30 s at most, also when the key set changes', async () => {
    const verify = verifier()
    await verify(await tokenOf('kid-1'))
    const madeUp = await tokenOf('made-up')
    for (let at = 0; at < 120; at += 5) {
      authority.jwks = { keys: [keyOf('kid-1'), keyOf(`kid-at-${at}`)] }
      await expect(verify(madeUp)).rejects.toMatchObject(unknown)
      nowMs += 5000
    }
    expect(authority.count('jwks')).toBe(1 + 4)
  })

  it('finds a new key 30 s after a made-up name, and not earlier', async () => {
    const verify = verifier()
    await verify(await tokenOf('kid-1'))
    await expect(verify(await tokenOf('made-up'))).rejects.toMatchObject(unknown)
    authority.jwks = { keys: [keyOf('kid-1'), keyOf('kid-2')] }
    nowMs += 29_999
    await expect(verify(await tokenOf('kid-2'))).rejects.toMatchObject(unknown)
    nowMs += 1
    await expect(verify(await tokenOf('kid-2'))).resolves.toBeDefined()
  })

  it('does not fetch again a set that was fetched for this token', async () => {
    await expect(verifier()(await tokenOf('made-up'))).rejects.toMatchObject(unknown)
    expect(authority.count('jwks')).toBe(1)
  })

  it('says that the set cannot be had, and not that the key is unknown, while it fails', async () => {
    const verify = verifier()
    await verify(await tokenOf('kid-1'))
    authority.scripts.push(answers(500))
    await expect(verify(await tokenOf('kid-2'))).rejects.toMatchObject({ code: 'ERR_AUTH_JWKS_UNAVAILABLE' })
    await expect(verify(await tokenOf('kid-1'))).resolves.toBeDefined()
  })

  it('asks no sooner again when the server has failed', async () => {
    const verify = verifier()
    await verify(await tokenOf('kid-1'))
    authority.scripts.push(answers(500))
    await expect(verify(await tokenOf('made-up'))).rejects.toMatchObject({
      code: 'ERR_AUTH_JWKS_UNAVAILABLE',
    })
    nowMs += 29_999
    await expect(verify(await tokenOf('other'))).rejects.toMatchObject(unknown)
    expect(authority.count('jwks')).toBe(2)
    nowMs += 1
    await expect(verify(await tokenOf('other'))).rejects.toMatchObject(unknown)
    expect(authority.count('jwks')).toBe(3)
  })

  it('lets another caller wait for the fetch whose first caller has given up', async () => {
    const verify = verifier()
    await verify(await tokenOf('kid-1'))
    authority.jwks = { keys: [keyOf('kid-1'), keyOf('kid-2')] }
    let isHeld = true
    authority.scripts.push((_, response) => {
      const timer = setInterval(() => {
        if (isHeld) return
        clearInterval(timer)
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(authority.jwks))
      }, 1)
      return true
    })
    const giveUp = new AbortController()
    const first = verify(await tokenOf('kid-2'), { signal: giveUp.signal })
    await expect.poll(() => authority.count('jwks')).toBe(2)
    const second = verify(await tokenOf('kid-2'))
    giveUp.abort('enough')
    await expect(first).rejects.toBe('enough')
    const third = verify(await tokenOf('kid-2'))
    isHeld = false
    await expect(Promise.all([second, third])).resolves.toHaveLength(2)
    expect(authority.count('jwks')).toBe(2)
  })
})

it('identityTokenVerifier() gives a fetch of the key set 10 s', async () => {
  const token = await tokenOf('kid-1')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let signal: AbortSignal | null | undefined
  const fetch = (_: unknown, init?: RequestInit) => {
    signal = init?.signal
    return new Promise<Response>(() => {})
  }
  const outcome = verifier({ fetch })(token).catch((error: unknown) => error)
  // expect.poll() would advance the clock.
  while (!signal) await new Promise(setImmediate)
  await vi.advanceTimersByTimeAsync(9999)
  expect(signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(signal.aborted).toBe(true)
  expect(await outcome).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_TIMEOUT' })
})
