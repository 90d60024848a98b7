import {
  type AuthEvent,
  type AuthRequest,
  applyAuth,
  createHeaderMap,
  toAuthHeaders,
} from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { dpopAuth, oauthAuth } from '../src/index.js'
import { granted, scripted, tokenEndpoint } from './scripted-server.js'

const secrets = ['planted-token-1', 'planted-token-2', 'planted-secret']
const client = { tokenEndpoint, clientId: 'agent', clientSecret: 'planted-secret' }
const newRequest = (): AuthRequest => ({
  method: 'GET',
  url: 'https://api.example.com/v1/things?a=b',
  headers: createHeaderMap(),
})

/** A server that grants these tokens, of this type. */
const granting = (type: string, token: () => string | Promise<string>) =>
  scripted(async () => granted({ access_token: await token(), token_type: type })).fetch

describe('oauthAuth() keeps the contract of AuthProvider:', () => {
  const checks = checkAuthProvider({
    create: ({ observer }) =>
      oauthAuth({ ...client, observer, fetch: granting('Bearer', () => secrets[0] ?? '') }),
    secrets,
    createFromSource: (source, { observer }) =>
      oauthAuth({ ...client, observer, fetch: granting('Bearer', source) }),
  })
  for (const { name, run } of checks) it(name, run)
})

describe('dpopAuth() keeps the contract of AuthProvider:', () => {
  const checks = checkAuthProvider({
    create: ({ observer }) =>
      dpopAuth({ ...client, observer, fetch: granting('DPoP', () => secrets[0] ?? '') }),
    secrets,
    createFromSource: (source, { observer }) =>
      dpopAuth({ ...client, observer, fetch: granting('DPoP', source) }),
  })
  for (const { name, run } of checks) it(name, run)
})

it('toAuthHeaders() gives the token of oauthAuth(), and nothing of dpopAuth()', async () => {
  const bearer = oauthAuth({ ...client, fetch: scripted().fetch })
  expect(() => toAuthHeaders(bearer)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NOT_READY' }))
  await applyAuth(bearer, newRequest())
  expect(toAuthHeaders(bearer)).toEqual({ authorization: 'Bearer planted-token' })
  const dpop = dpopAuth({ ...client, fetch: scripted(() => granted({ token_type: 'DPoP' })).fetch })
  await applyAuth(dpop, newRequest())
  expect(() => toAuthHeaders(dpop)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NEEDS_REQUEST' }))
})

it('oauthAuth() tells its observer of each exchange', async () => {
  const events: AuthEvent[] = []
  const auth = oauthAuth({ ...client, fetch: scripted().fetch, observer: (event) => events.push(event) })
  await applyAuth(auth, newRequest())
  expect(events).toMatchObject([
    { type: 'refresh-started', kind: 'oauth', reason: 'cold' },
    { type: 'refresh-ended', kind: 'oauth' },
  ])
})

it('dpopAuth() rejects a token that is not bound, and oauthAuth() one that is', async () => {
  const bearer = dpopAuth({ ...client, fetch: scripted(() => granted()).fetch })
  await expect(applyAuth(bearer, newRequest())).rejects.toMatchObject({
    code: 'ERR_AUTH_OAUTH_DOWNGRADE',
    kind: 'build',
  })
  const bound = oauthAuth({ ...client, fetch: scripted(() => granted({ token_type: 'DPoP' })).fetch })
  await expect(applyAuth(bound, newRequest())).rejects.toMatchObject({
    code: 'ERR_AUTH_OAUTH_RESPONSE',
    kind: 'build',
  })
})
