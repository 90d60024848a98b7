import { expect, test } from 'vitest'
import { describeOauth, oauthLines } from '../../src/oauth/describe-oauth.js'

const definition = { kind: 'oauth', tokenEndpoint: 'https://a.example/token', clientId: 'agent' }

test.each([
  [{ clientSecret: 'SECRET' }, 'basic'],
  [{ privateKey: 'SECRET' }, 'private-key-jwt'],
  [{ clientAssertion: 'SECRET' }, 'assertion'],
  [{ clientSecret: 'SECRET', clientAuth: 'post' }, 'post'],
  [{}, 'none'],
])('describeOauth() with the client %o says that it proves itself with %s', async (client, clientAuth) => {
  const described = await describeOauth({ ...definition, ...client }, undefined, undefined)
  expect(described).toEqual({
    grant: 'client-credentials',
    issuer: null,
    tokenEndpoint: 'https://a.example/token',
    clientId: 'agent',
    clientAuth,
    scope: null,
    proof: null,
    expiresAt: null,
    login: null,
  })
})

test('describeOauth() says nothing of other kinds', async () => {
  expect(await describeOauth({ kind: 'bearer' }, undefined, undefined)).toBeUndefined()
})

test('oauthLines() says where the tokens come from, and that a bound token needs its key', async () => {
  const dpop = { kind: 'dpop', issuer: 'https://i.example', scope: 'api:read', grant: 'jwt-bearer' }
  const described = await describeOauth(dpop, undefined, new Date('2099-01-01T00:00:00Z'))
  expect(described && oauthLines(described)).toEqual([
    'Grant     jwt-bearer',
    'Issuer    https://i.example',
    'Endpoint  that of the metadata of https://i.example',
    'Client    none, proves itself with none',
    'Scope     api:read',
    'Expiry    2099-01-01T00:00:00.000Z',
    'Proof     each request is signed (DPoP); a token alone is of no use without the key',
  ])
})
