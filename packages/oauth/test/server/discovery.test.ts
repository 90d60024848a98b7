import { describe, expect, it } from 'vitest'
import { discoverResource, discoverServer, oauthAuth } from '../../src/index.js'
import { scripted } from '../scripted-server.js'

const issuer = 'https://login.example.com'
const metadata = (change: object = {}) => ({ issuer, token_endpoint: `${issuer}/token`, ...change })

/** Serves documents by URL; anything else is 404. */
const serving = (documents: Readonly<Record<string, unknown>>) =>
  scripted(({ url }) => {
    const document = documents[url]
    if (document instanceof Response) return document
    return document === undefined ? new Response('', { status: 404 }) : Response.json(document)
  })

const asStandard = `${issuer}/.well-known/oauth-authorization-server`
const asOpenId = `${issuer}/.well-known/openid-configuration`

describe('discoverServer()', () => {
  it('gives what the server says of itself', async () => {
    const document = metadata({
      device_authorization_endpoint: `${issuer}/device`,
      token_endpoint_auth_methods_supported: ['private_key_jwt', 1],
      authorization_response_iss_parameter_supported: true,
    })
    const { fetch } = serving({ [asStandard]: document })
    expect(await discoverServer(issuer, { fetch })).toMatchObject({
      issuer,
      tokenEndpoint: `${issuer}/token`,
      deviceAuthorizationEndpoint: `${issuer}/device`,
      authorizationEndpoint: undefined,
      clientAuthMethods: ['private_key_jwt'],
      namesIssuer: true,
    })
  })

  it('asks the OpenID URL when the first is not there', async () => {
    const { fetch, arrivals } = serving({ [asOpenId]: metadata() })
    await discoverServer(issuer, { fetch })
    expect(arrivals.map(({ url }) => url)).toEqual([asStandard, asOpenId])
  })

  it('asks three URLs for an issuer with a path', async () => {
    const { fetch, arrivals } = serving({})
    await expect(discoverServer(`${issuer}/tenant/`, { fetch })).rejects.toMatchObject({
      code: 'ERR_AUTH_OAUTH_METADATA',
    })
    expect(arrivals.map(({ url }) => url)).toEqual([
      `${asStandard}/tenant`,
      `${asOpenId}/tenant`,
      `${issuer}/tenant/.well-known/openid-configuration`,
    ])
  })

  it.each([
    [issuer, `${issuer}/`, true],
    [`${issuer}/`, issuer, true],
    [`${issuer}/a`, `${issuer}/a/`, false],
    [issuer, `${issuer}/a`, false],
    [issuer, 'https://LOGIN.example.com', false],
    [issuer, 'https://login.example.com:443', false],
    [issuer, 'https://evil.example', false],
    [issuer, undefined, false],
  ])('issuer %s with metadata of %s: %s', async (given, named, isTaken) => {
    const { fetch } = scripted(() => Response.json(metadata({ issuer: named })))
    const found = discoverServer(given, { fetch })
    if (isTaken) expect((await found).issuer).toBe(named)
    else await expect(found).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_METADATA', kind: 'build' })
  })

  it.each<[string, string, () => Response]>([
    [
      'a plain http endpoint',
      'ERR_AUTH_INSECURE_TRANSPORT',
      () => Response.json(metadata({ token_endpoint: 'http://a.example/' })),
    ],
    [
      'an endpoint on this machine',
      'ERR_AUTH_INSECURE_TRANSPORT',
      () => Response.json(metadata({ token_endpoint: 'http://localhost:1/' })),
    ],
    ['no endpoint', 'ERR_AUTH_OAUTH_METADATA', () => Response.json(metadata({ token_endpoint: undefined }))],
    [
      'an endpoint with a password',
      'ERR_AUTH_OAUTH_METADATA',
      () => Response.json(metadata({ token_endpoint: 'https://a:b@a.example/' })),
    ],
    [
      'a redirect',
      'ERR_AUTH_REDIRECT',
      () => new Response('', { status: 302, headers: { location: 'https://evil.example' } }),
    ],
    ['a list', 'ERR_AUTH_OAUTH_METADATA', () => Response.json([metadata()])],
    ['a page', 'ERR_AUTH_OAUTH_METADATA', () => new Response('<html>')],
    [
      'over 1 MiB',
      'ERR_AUTH_OAUTH_METADATA',
      () => new Response(JSON.stringify(metadata()).padEnd(1024 * 1024 + 1)),
    ],
    ['an outage', 'ERR_AUTH_OAUTH_UNAVAILABLE', () => new Response('', { status: 503 })],
  ])('rejects %s', async (_, code, answer) => {
    const { fetch } = scripted(answer)
    await expect(discoverServer(issuer, { fetch })).rejects.toMatchObject({ code })
  })

  it('says that a server could not be reached, and stops in time', async () => {
    const failing = async () => {
      throw new TypeError('planted')
    }
    const unreachable = discoverServer(issuer, { fetch: failing })
    await expect(unreachable).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_UNAVAILABLE', kind: 'transient' })
    const hanging = () => new Promise<Response>(() => {})
    const late = discoverServer(issuer, { fetch: hanging, timeoutMs: 10 })
    await expect(late).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
  })

  it.each(['https://login.example.com?a=b', 'login.example.com', 'https://a:b@login.example.com', ''])(
    'throws a TypeError for the issuer %j',
    async (given) => {
      await expect(discoverServer(given)).rejects.toThrow(TypeError)
      expect(() => oauthAuth({ issuer: given, clientId: 'agent' })).toThrow(TypeError)
    },
  )
})

describe('discoverResource()', () => {
  const url = 'https://mcp.example.com/v1/mcp'
  const at = 'https://mcp.example.com/.well-known/oauth-protected-resource'
  const resource = (change: object = {}) => ({ resource: url, authorization_servers: [issuer], ...change })

  it('asks the URL of the path, then that of the host', async () => {
    const { fetch, arrivals } = serving({ [at]: resource({ scopes_supported: ['api:read'] }) })
    expect(await discoverResource(url, { fetch })).toEqual({ issuer, resource: url, scopes: ['api:read'] })
    expect(arrivals.map((arrival) => arrival.url)).toEqual([`${at}/v1/mcp`, at])
  })

  it.each<[string, object, object, boolean]>([
    ['the same', {}, {}, true],
    ['the origin', { resource: 'https://mcp.example.com' }, {}, true],
    ['the origin with a slash', { resource: 'https://mcp.example.com/' }, {}, true],
    ['a part of the path', { resource: 'https://mcp.example.com/v1' }, {}, true],
    ['half a word of the path', { resource: 'https://mcp.example.com/v' }, {}, false],
    ['another host', { resource: 'https://evil.example/v1/mcp' }, {}, false],
    ['nothing', { resource: undefined }, {}, false],
    ['a scheme alone', { resource: 'https:' }, {}, false],
    ['a scheme and a slash', { resource: 'https:/' }, {}, false],
    ['the beginning of the host', { resource: 'https://mcp.example' }, {}, false],
    ['two servers', { authorization_servers: [issuer, 'https://b.example'] }, {}, false],
    [
      'two servers, one of them expected',
      { authorization_servers: ['https://b.example', issuer] },
      { issuer },
      true,
    ],
    ['a server that is not expected', {}, { issuer: 'https://b.example' }, false],
    ['no server', { authorization_servers: [] }, {}, false],
    ['a server without https', { authorization_servers: ['http://a.example'] }, {}, false],
  ])('metadata that names %s', async (_, change, options, isTaken) => {
    const { fetch } = scripted(() => Response.json(resource(change)))
    const found = discoverResource(url, { fetch, ...options })
    if (isTaken) expect((await found).issuer).toBe(issuer)
    else await expect(found).rejects.toMatchObject({ kind: 'build' })
  })
})
