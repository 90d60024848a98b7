import { expect, test } from 'vitest'
import { type OauthDefinition, openOauth } from '../../src/oauth/open-oauth.js'
import { loopback } from '../loopback.js'

const options = { signal: new AbortController().signal, forceRefresh: false }

test.each([
  [{ clientSecret: 'SECRET' }, 'client_credentials'],
  [{ grant: 'token-exchange', subjectToken: 'SECRET' }, 'urn:ietf:params:oauth:grant-type:token-exchange'],
  [{ grant: 'jwt-bearer', assertion: 'SECRET' }, 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
])('openOauth() with %o asks for a token with the grant %s', async (grant, type) => {
  const { origin, seen } = await loopback((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      '{"access_token":"t","token_type":"Bearer","expires_in":60,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}',
    )
  })
  const definition = { tokenEndpoint: `${origin}/token`, clientId: 'agent', ...grant } as OauthDefinition
  const { source } = openOauth(definition, undefined)
  expect(await source(options)).toMatchObject({ token: 't' })
  expect(new URLSearchParams(seen[0]?.body).get('grant_type')).toBe(type)
})

test('openOauth() keeps a login only for a configuration file', () => {
  const definition = {
    grant: 'device-code',
    issuer: 'https://i.example',
    clientId: 'agent',
  } as OauthDefinition
  expect(() => openOauth(definition, undefined)).toThrow('belongs to a configuration file')
})
