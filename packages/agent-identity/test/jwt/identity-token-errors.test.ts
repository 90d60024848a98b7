import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identityTokenVerifier } from '../../src/jwt/jwt.js'
import { type LoopbackAuthority, loopbackAuthority } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const short = generateKeyPairSync('rsa', { modulusLength: 1024 })

let authority: LoopbackAuthority
beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  const keys = { 'kid-1': rsa, short }
  authority.jwks = {
    keys: Object.entries(keys).map(([kid, key]) => ({ ...key.publicKey.export({ format: 'jwk' }), kid })),
  }
})
afterEach(() => authority.close())

const nowSeconds = () => Math.floor(Date.now() / 1000)

/** A token that is valid now, but for these claims. */
function tokenOf(change: object = {}, kid = 'kid-1', key = rsa.privateKey): Promise<string> {
  const claims = {
    iss: 'https://chatgpt.com/codex-backend/agent-identity',
    aud: 'codex-app-server',
    iat: nowSeconds() - 60,
    exp: nowSeconds() + 3600,
    agent_runtime_id: 'agent-123',
    agent_private_key: worked.version2,
    account_id: 'account-1',
    chatgpt_user_id: 'user-1',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
    ...change,
  }
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(key)
}

describe('identityTokenVerifier()', () => {
  it('reads the clock of this machine unless it is given another', async () => {
    const verify = identityTokenVerifier({ baseUrl: authority.origin })
    await expect(verify(await tokenOf())).resolves.toMatchObject({ record: { account_id: 'account-1' } })
    const ended = await tokenOf({ exp: nowSeconds() - 3600 })
    await expect(verify(ended)).rejects.toMatchObject({ code: 'ERR_AUTH_JWT_EXPIRED' })
  })

  it.each<[string, string, () => Promise<string>]>([
    ['CLAIMS', 'exp or iat is no number', () => tokenOf({ exp: undefined })],
    ['CLAIMS', 'exp or iat is no number', () => tokenOf({ iat: undefined })],
    ['CLAIMS', 'iss or aud is no text', () => tokenOf({ iss: undefined })],
    ['CLAIMS', 'iss or aud is no text', () => tokenOf({ aud: undefined })],
    ['AUDIENCE', 'it has several audiences', () => tokenOf({ aud: ['codex-app-server', 'b'] })],
    ['CLAIMS', 'account_id is missing or no text', () => tokenOf({ account_id: '' })],
    ['CLAIMS', 'email is no text', () => tokenOf({ email: 7 })],
    [
      'CLAIMS',
      'chatgpt_account_is_fedramp is missing or no boolean',
      () => tokenOf({ chatgpt_account_is_fedramp: 1 }),
    ],
    [
      'CLAIMS',
      'a claim of time, issuer or audience is missing or malformed',
      () => tokenOf({ nbf: 'planted' }),
    ],
    ['NOT_YET_VALID', 'it is not valid yet', () => tokenOf({ nbf: nowSeconds() + 600 })],
    ['EXPIRED', 'it has expired', () => tokenOf({ exp: nowSeconds() - 600 })],
    ['ISSUER', 'its issuer is another one', () => tokenOf({ iss: 'https://planted.example' })],
    ['AUDIENCE', 'it is for another audience', () => tokenOf({ aud: 'planted' })],
    ['SIGNATURE', 'its signature is wrong', () => tokenOf({}, 'kid-1', other.privateKey)],
    [
      'KEY_WEAK',
      'its key is too short, or cannot verify it',
      async () => {
        const [, claims] = (await tokenOf()).split('.')
        const header = JSON.stringify({ alg: 'RS256', kid: 'short' })
        return `${Buffer.from(header).toString('base64url')}.${claims}.AA`
      },
    ],
    ['KEY_UNKNOWN', 'its key is not trusted', () => tokenOf({}, 'planted')],
  ])('rejects with ERR_AUTH_JWT_%s and says: %s', async (code, why, make) => {
    const verify = identityTokenVerifier({ baseUrl: authority.origin })
    const error = await verify(await make()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      kind: 'build',
      code: `ERR_AUTH_JWT_${code}`,
      message: `The identity token is rejected: ${why}`,
    })
  })

  it.each([
    [{ keys: 'planted' }, 'ERR_AUTH_JWKS_RESPONSE', 'the response has none'],
    [undefined, 'ERR_AUTH_JWKS_RESPONSE', 'the authority responded with no JSON object'],
  ])('says what is wrong with the key set %j', async (jwks, code, why) => {
    const fetch = async () => new Response(jwks ? JSON.stringify(jwks) : 'planted')
    const verify = identityTokenVerifier({ baseUrl: authority.origin, fetch })
    const error = await verify(await tokenOf()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^Cannot fetch the keys of identity tokens: .*${why}`)),
    })
  })

  it('says that the key set could not be reached, and why', async () => {
    const fetch = () => Promise.reject(Object.assign(new TypeError('planted'), { code: 'ECONNREFUSED' }))
    const verify = identityTokenVerifier({ baseUrl: authority.origin, fetch })
    const error = await verify(await tokenOf()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_JWKS_UNAVAILABLE',
      message: 'Cannot fetch the keys of identity tokens: the authority could not be reached',
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    })
  })

  it('says that a key is unknown after another was known, by the clock of this machine', async () => {
    const verify = identityTokenVerifier({ baseUrl: authority.origin })
    await verify(await tokenOf())
    await expect(verify(await tokenOf({}, 'planted'))).rejects.toMatchObject({
      code: 'ERR_AUTH_JWT_KEY_UNKNOWN',
    })
    expect(authority.count('jwks')).toBe(2)
  })

  it('takes no key for encryption, and names the id that it rejects', async () => {
    const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'kid-1' }
    authority.jwks = { keys: [{ ...jwk, use: 'enc' }] }
    const verify = () => identityTokenVerifier({ baseUrl: authority.origin })
    await expect(verify()(await tokenOf())).rejects.toMatchObject({ code: 'ERR_AUTH_JWT_KEY_UNKNOWN' })
    authority.jwks = { keys: [{ ...jwk, use: 'sig' }] }
    await expect(verify()(await tokenOf({ agent_runtime_id: 'a:b' }))).rejects.toMatchObject({
      code: 'ERR_AUTH_AGENT_ID',
      message: 'Cannot sign as an agent: agent_runtime_id has other characters than idCharacters allows',
    })
  })
})
