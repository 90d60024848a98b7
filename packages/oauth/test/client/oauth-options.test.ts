import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { clientCredentials, oauthAuth } from '../../src/index.js'
import { granted, scripted, tokenEndpoint } from '../scripted-server.js'

const client = { tokenEndpoint, clientId: 'agent' }

it.each<[string, object]>([
  ['issuer or tokenEndpoint is missing', { tokenEndpoint: undefined }],
  ['clientId must be a string', { clientId: '' }],
  ['scope must be a string', { scope: ['a'] }],
  ['privateKey must not stand beside clientSecret', { clientSecret: 'a', privateKey: 'b' }],
  ['clientSecret must be a function or a string', { clientSecret: ' ' }],
  ['clientAuth must be one of', { clientAuth: 'jwt' }],
  ['clientAuth basic needs clientSecret, got none', { clientAuth: 'basic' }],
  [
    'clientAuth none needs no secret, key or assertion, got clientSecret',
    { clientAuth: 'none', clientSecret: 'a' },
  ],
  ['fetch is missing', { clientAuth: 'mtls' }],
  ['algorithm must be one of', { algorithm: 'HS256', privateKey: 'a' }],
  ['resource must be a string', { resource: [''] }],
  ['parameters must be an object', { parameters: { a: 1 } }],
  ['parameters must not hold scope', { parameters: { scope: 'a' } }],
  ['tokenEndpoint must be an absolute http', { tokenEndpoint: 'login.example.com' }],
  ['issuer must be an absolute http', { tokenEndpoint: undefined, issuer: 'login.example.com' }],
  ['timeoutMs must be a number', { timeoutMs: 0 }],
  ['unknown option "scopes"', { scopes: 'a' }],
])('clientCredentials() throws a TypeError: %s', (message, change) => {
  const create = () => clientCredentials({ ...client, ...change } as never)
  expect(create).toThrow(TypeError)
  expect(create).toThrow(new RegExp(`^clientCredentials: ${message}`))
})

it.each(['tokenEndpoint', 'issuer'])('clientCredentials() sends nothing over plain http: %s', (option) => {
  const create = (allowInsecureTransport?: boolean) =>
    clientCredentials({
      clientId: 'agent',
      [option]: 'http://login.example.com/token',
      ...(allowInsecureTransport && { allowInsecureTransport }),
    })
  expect(create).toThrow(expect.objectContaining({ code: 'ERR_AUTH_INSECURE_TRANSPORT', kind: 'build' }))
  expect(() => create(true)).not.toThrow()
})

it('a polluted prototype adds no option', async () => {
  const { fetch, arrivals } = scripted(() => granted())
  try {
    Object.assign(Object.prototype, { scope: 'planted', clientSecret: 'planted', grant: 'jwt-bearer' })
    const auth = oauthAuth({ ...client, fetch })
    await applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
  } finally {
    for (const name of ['scope', 'clientSecret', 'grant']) Reflect.deleteProperty(Object.prototype, name)
  }
  expect(String(arrivals[0]?.form)).toBe('grant_type=client_credentials&client_id=agent')
})

it('an empty secret of a function is an error', async () => {
  const auth = oauthAuth({ ...client, clientSecret: () => ({ token: '' }), fetch: scripted().fetch })
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  await expect(applyAuth(auth, request)).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIAL', kind: 'build' })
})
