import { createHmac, generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { type JWTHeaderParameters, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { vectorsBeside } from '../../../../test/support/vectors-beside.js'
import { type IdentityTokenVerifierOptions, identityTokenVerifier } from '../../src/jwt/jwt.js'
import { answers, type LoopbackAuthority, loopbackAuthority, stalls } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwkOf = (key: typeof rsa.publicKey, kid: string) => ({ ...key.export({ format: 'jwk' }), kid })
const nowMs = Date.parse('2026-11-25T10:00:00Z')
const issuer = 'https://chatgpt.com/codex-backend/agent-identity'
const goodClaims = {
  iss: issuer,
  aud: 'codex-app-server',
  iat: nowMs / 1000 - 60,
  exp: nowMs / 1000 + 3600,
  agent_runtime_id: 'agent-123',
  agent_private_key: worked.version2,
  account_id: 'account-1',
  chatgpt_user_id: 'user-1',
  email: 'a@example.com',
  plan_type: 'pro',
  chatgpt_account_is_fedramp: false,
}

let authority: LoopbackAuthority
beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date(nowMs))
  authority.jwks = { keys: [jwkOf(rsa.publicKey, 'kid-1'), jwkOf(short.publicKey, 'kid-short')] }
})
afterEach(() => authority.close())

const verifier = (change: IdentityTokenVerifierOptions = {}) =>
  identityTokenVerifier({
    baseUrl: `${authority.origin}/backend-api/`,
    now: () => new Date(nowMs),
    ...change,
  })

function tokenOf(
  claims: Record<string, unknown> = {},
  header: Partial<JWTHeaderParameters> = {},
  key = rsa.privateKey,
): Promise<string> {
  return new SignJWT({ ...goodClaims, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'kid-1', ...header })
    .sign(key, { crit: { b64: true, 'x-odd': false } })
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('identityTokenVerifier()', () => {
  it('takes the agent out of a token, with its key in the form that every reader accepts', async () => {
    expect(await verifier()(await tokenOf())).toEqual({
      record: {
        agent_runtime_id: 'agent-123',
        agent_private_key: worked.version1,
        account_id: 'account-1',
        chatgpt_user_id: 'user-1',
        email: 'a@example.com',
        plan_type: 'pro',
        chatgpt_account_is_fedramp: false,
      },
      issuedAt: new Date(nowMs - 60_000),
      expiresAt: new Date(nowMs + 3_600_000),
    })
    expect(authority.calls.map(({ path }) => path)).toEqual(['/backend-api/wham/agent-identities/jwks'])
  })

  it('knows the other place of the key set, missing e-mails and the names of plans', async () => {
    const verify = verifier({ baseUrl: authority.origin })
    const { record } = await verify(await tokenOf({ email: undefined, plan_type: 'hc' }))
    expect(record).toMatchObject({ email: '', plan_type: 'enterprise' })
    expect((await verify(await tokenOf({ email: null, plan_type: 'education' }))).record.plan_type).toBe(
      'edu',
    )
    expect(authority.calls.map(({ path }) => path)).toEqual(['/agent-identities/jwks'])
  })

  it.each([59, 60.5, 61])('with a token that expired %d s ago, keeps to 60 s of leeway', async (seconds) => {
    const verifying = verifier()(await tokenOf({ exp: nowMs / 1000 - seconds }))
    if (seconds < 60) await expect(verifying).resolves.toMatchObject({ record: { account_id: 'account-1' } })
    else await expect(verifying).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_JWT_EXPIRED' })
  })

  it.each([
    ['another issuer', { iss: 'https://issuer.example.com' }, 'ERR_AUTH_JWT_ISSUER'],
    ['another audience', { aud: 'other' }, 'ERR_AUTH_JWT_AUDIENCE'],
    ['several audiences', { aud: ['codex-app-server', 'other'] }, 'ERR_AUTH_JWT_AUDIENCE'],
    ['no expiry', { exp: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no issue time', { iat: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['an issue time that is a text', { iat: '1' }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no issuer', { iss: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no audience', { aud: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['a beginning in the future', { nbf: nowMs / 1000 + 61 }, 'ERR_AUTH_JWT_NOT_YET_VALID'],
    ['no agent', { agent_runtime_id: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['a hostile agent', { agent_runtime_id: '"@authority"' }, 'ERR_AUTH_AGENT_ID'],
    ['no account', { account_id: '' }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no user', { chatgpt_user_id: 7 }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no plan', { plan_type: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['an e-mail that is no text', { email: 7 }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no FedRAMP flag', { chatgpt_account_is_fedramp: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['no key', { agent_private_key: undefined }, 'ERR_AUTH_JWT_CLAIMS'],
    ['a malformed key', { agent_private_key: 'AAAA' }, 'ERR_AUTH_AGENT_KEY'],
    [
      "a key with another's public key",
      { agent_private_key: `${worked.version2.slice(0, -4)}AAA=` },
      'ERR_AUTH_AGENT_KEY_MISMATCH',
    ],
  ])('rejects %s', async (_, claims, code) => {
    const refused = await verifier()(await tokenOf(claims)).catch((error: unknown) => error)
    expect(refused).toMatchObject({ kind: 'build', code })
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain(worked.version1.slice(-30))
  })

  it.each([
    [
      'no algorithm',
      () => `${encode({ alg: 'none', kid: 'kid-1' })}.${encode(goodClaims)}.AA`,
      'ERR_AUTH_JWT_ALGORITHM',
    ],
    ['HS256 with the public key', confused, 'ERR_AUTH_JWT_ALGORITHM'],
    ['ES256', () => tokenOf({}, { alg: 'ES256' }, ec.privateKey), 'ERR_AUTH_JWT_ALGORITHM'],
    ['RS512', () => tokenOf({}, { alg: 'RS512' }), 'ERR_AUTH_JWT_ALGORITHM'],
    ['PS256', () => tokenOf({}, { alg: 'PS256' }), 'ERR_AUTH_JWT_ALGORITHM'],
    ['no key name', () => tokenOf({}, { kid: undefined as unknown as string }), 'ERR_AUTH_JWT_KEY_MISSING'],
    ['an unknown key name', () => tokenOf({}, { kid: 'kid-2' }), 'ERR_AUTH_JWT_KEY_UNKNOWN'],
    ['another key', () => tokenOf({}, {}, other.privateKey), 'ERR_AUTH_JWT_SIGNATURE'],
    ['a key of its own', () => tokenOf({}, { jwk: jwkOf(rsa.publicKey, 'x') }), 'ERR_AUTH_JWT_HEADER'],
    ['a key set of its own', () => tokenOf({}, { jku: 'https://a.example.com' }), 'ERR_AUTH_JWT_HEADER'],
    ['a certificate of its own', () => tokenOf({}, { x5c: ['AA'] }), 'ERR_AUTH_JWT_HEADER'],
    ['a certificate elsewhere', () => tokenOf({}, { x5u: 'https://a.example.com' }), 'ERR_AUTH_JWT_HEADER'],
    [
      'a critical extension',
      () => `${encode({ alg: 'RS256', kid: 'kid-1', crit: ['x'] })}.${encode(goodClaims)}.AA`,
      'ERR_AUTH_JWT_HEADER',
    ],
    [
      'an RSA key of 1024 bits',
      () => `${encode({ alg: 'RS256', kid: 'kid-short' })}.${encode(goodClaims)}.AA`,
      'ERR_AUTH_JWT_KEY_WEAK',
    ],
  ])('rejects a token with %s', async (_, make, code) => {
    await expect(verifier()(await make())).rejects.toMatchObject({ kind: 'build', code })
  })

  it.each([
    ['nothing', () => ''],
    ['two parts', (token: string) => token.split('.').slice(0, 2).join('.')],
    ['four parts', (token: string) => `${token}.AA`],
    ['padding', (token: string) => `${token}=`],
    ['a line break', (token: string) => `${token}\n`],
    ['a blank inside', (token: string) => token.replace('.', ' .')],
    [
      'standard base64',
      (token: string) => token.replaceAll('_', '/').replaceAll('-', '+').replace('.', '+.'),
    ],
    [
      'bits that say nothing',
      (token: string) => token.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
    ],
    ['a header that is a list', (token: string) => token.replace(/^[^.]+/, encode(['RS256']))],
    ['claims that are no JSON', (token: string) => token.replace(/\.[^.]+\./, '.AAAA.')],
    ['64 kB', (token: string) => token + 'A'.repeat(65_536)],
    ['no text', () => undefined as unknown as string],
  ])('rejects a token with %s before it asks for a key', async (_, change) => {
    await expect(verifier()(change(await tokenOf()))).rejects.toMatchObject({
      code: 'ERR_AUTH_JWT_MALFORMED',
    })
    expect(authority.calls).toHaveLength(0)
  })

  it.each(Object.keys(goodClaims).filter((name) => name !== 'email'))(
    'rejects a token without %s before it asks for a key',
    async (name) => {
      const refused = verifier()(await tokenOf({ [name]: undefined }))
      await expect(refused).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_JWT_CLAIMS' })
      expect(authority.calls).toHaveLength(0)
    },
  )

  it('asks for the keys at most three times for 500 tokens with unknown keys', async () => {
    const verify = verifier()
    const tokens = await Promise.all(
      Array.from({ length: 500 }, (_, index) => tokenOf({}, { kid: `no-${index}` })),
    )
    const results = await Promise.all(tokens.map((token) => verify(token).catch((error) => error.code)))
    expect(new Set(results)).toEqual(new Set(['ERR_AUTH_JWT_KEY_UNKNOWN']))
    for (const token of tokens.slice(0, 50)) await verify(token).catch(() => {})
    expect(authority.count('jwks')).toBeLessThanOrEqual(3)
  })

  it('follows a rotation of the keys at once, and again after the cooldown', async () => {
    let clockMs = nowMs
    const verify = verifier({ now: () => new Date(clockMs) })
    await verify(await tokenOf())
    const rotated = await tokenOf({}, { kid: 'kid-2' }, other.privateKey)
    authority.jwks = { keys: [jwkOf(other.publicKey, 'kid-2')] }
    expect(await Promise.all([verify(rotated), verify(rotated)])).toHaveLength(2)
    await expect(verify(await tokenOf())).rejects.toMatchObject({ code: 'ERR_AUTH_JWT_KEY_UNKNOWN' })
    expect(authority.count('jwks')).toBe(2)
    authority.jwks = { keys: [jwkOf(rsa.publicKey, 'kid-1')] }
    clockMs += 30_000
    await expect(verify(await tokenOf())).resolves.toBeDefined()
    expect(authority.count('jwks')).toBe(3)
  })

  it('follows a rotation of the keys also after the clock was set back', async () => {
    let clockMs = nowMs
    const verify = verifier({ now: () => new Date(clockMs) })
    await verify(await tokenOf())
    await verify(await tokenOf({}, { kid: 'kid-2' })).catch(() => {})
    expect(authority.count('jwks')).toBe(2)
    clockMs -= 60_000
    authority.jwks = { keys: [jwkOf(other.publicKey, 'kid-2')] }
    await expect(verify(await tokenOf({}, { kid: 'kid-2' }, other.privateKey))).resolves.toBeDefined()
    expect(authority.count('jwks')).toBe(3)
  })

  it('asks again after ten minutes, so that a withdrawn key ends', async () => {
    let clockMs = nowMs
    const verify = verifier({ now: () => new Date(clockMs) })
    await verify(await tokenOf())
    authority.jwks = { keys: [] }
    clockMs += 600_001
    await expect(verify(await tokenOf())).rejects.toMatchObject({ code: 'ERR_AUTH_JWT_KEY_UNKNOWN' })
  })

  it('does not take a shared secret in the key set for a key', async () => {
    const k = Buffer.from(JSON.stringify(jwkOf(rsa.publicKey, 'kid-1'))).toString('base64url')
    authority.jwks = { keys: [{ kty: 'oct', k, kid: 'kid-1' }, null, 7] }
    await expect(verifier()(await tokenOf())).rejects.toMatchObject({ code: 'ERR_AUTH_JWT_KEY_UNKNOWN' })
  })

  it.each([
    ['500', answers(500), 'transient', 'ERR_AUTH_JWKS_UNAVAILABLE'],
    ['404', answers(404), 'build', 'ERR_AUTH_JWKS_REFUSED'],
    ['garbage', answers(200, 'garbage'), 'build', 'ERR_AUTH_JWKS_RESPONSE'],
    ['no keys', answers(200, '{}'), 'build', 'ERR_AUTH_JWKS_RESPONSE'],
    ['10 MB', answers(200, `{"keys":["${'x'.repeat(10_000_000)}"]}`), 'build', 'ERR_AUTH_JWKS_RESPONSE'],
    ['a redirect', answers(302, '', { location: '/x' }), 'build', 'ERR_AUTH_REDIRECT'],
  ])('says so when the key set is %s', async (_, script, kind, code) => {
    authority.scripts.push(script)
    await expect(verifier()(await tokenOf())).rejects.toMatchObject({ kind, code })
    expect(authority.count('jwks')).toBe(1)
  })

  it('ends the wait of a caller that gives up', async () => {
    authority.scripts.push(stalls)
    const signal = AbortSignal.timeout(50)
    await expect(verifier()(await tokenOf(), { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(verifier()(await tokenOf(), { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('rejects malformed options', () => {
    expect(() => identityTokenVerifier({ url: 'x' } as object)).toThrow(TypeError)
    expect(() => identityTokenVerifier({ baseUrl: 'http://chatgpt.com' })).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_INSECURE_TRANSPORT' }),
    )
    expect(() => identityTokenVerifier()).not.toThrow()
  })
})

interface WycheproofJws {
  readonly testGroups: readonly {
    readonly tests: readonly {
      readonly tcId: number
      readonly jws: string
      readonly result: string
      readonly comment: string
    }[]
  }[]
}

describe('the structural check', () => {
  const vectors = vectorsBeside<WycheproofJws>('wycheproof/json_web_signature_test.json')
  it.skipIf(!vectors)('rejects every malformed encoding that Wycheproof calls invalid', async () => {
    const malformed = (vectors?.testGroups ?? [])
      .flatMap(({ tests }) => tests)
      .filter(({ jws, result }) => result === 'invalid' && /[^\w.-]|^[^.]*$/.test(jws))
    expect(malformed.length).toBeGreaterThanOrEqual(6)
    for (const { jws, tcId } of malformed) {
      await expect(verifier()(jws), `case ${tcId}`).rejects.toMatchObject({ code: 'ERR_AUTH_JWT_MALFORMED' })
    }
  })
})

async function confused(): Promise<string> {
  const text = `${encode({ alg: 'HS256', kid: 'kid-1' })}.${encode(goodClaims)}`
  const secret = rsa.publicKey.export({ format: 'pem', type: 'spki' })
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
