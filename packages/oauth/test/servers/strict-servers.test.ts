import { createServer, type IncomingMessage } from 'node:http'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import * as jose from 'jose'
import { expect, it } from 'vitest'
import { type OauthClientOptions, oauthAuth } from '../../src/index.js'
import { listen } from '../certified-server.js'

interface Asked {
  readonly form: URLSearchParams
  readonly authorization: string | undefined
}

/** The error code for a request; undefined grants a token. */
type Policy = (asked: Asked) => string | undefined

/** A token endpoint with metadata that holds to one policy. */
async function strictServer(policy: Policy, methods: readonly string[]) {
  const asked: Asked[] = []
  let issuer = ''
  const textOf = async (request: IncomingMessage) => {
    let text = ''
    for await (const chunk of request) text += chunk
    return text
  }
  const server = createServer(async (request, response) => {
    const respond = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.method === 'GET')
      return respond(200, {
        issuer,
        token_endpoint: `${issuer}/token`,
        token_endpoint_auth_methods_supported: methods,
      })
    const call = {
      form: new URLSearchParams(await textOf(request)),
      authorization: request.headers.authorization,
    }
    asked.push(call)
    const error = policy(call)
    if (error) return respond(error === 'invalid_client' ? 401 : 400, { error })
    return respond(200, { access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 60 })
  })
  issuer = await listen(server)
  return { issuer, asked }
}

async function headerOf(auth: ReturnType<typeof oauthAuth>): Promise<string | null> {
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  return (await applyAuth(auth, request)).headers.get('authorization')
}

const secret = { clientId: 'agent', clientSecret: 'planted-secret' }
const isBasic: Policy = ({ form, authorization }) =>
  authorization?.startsWith('Basic ') && !form.has('client_secret') ? undefined : 'invalid_client'
const isPost: Policy = ({ form, authorization }) =>
  authorization === undefined && form.get('client_secret') === 'planted-secret' ? undefined : 'invalid_client'

it.each<[string, Policy, 'basic' | 'post', 'basic' | 'post']>([
  ['client_secret_basic', isBasic, 'basic', 'post'],
  ['client_secret_post', isPost, 'post', 'basic'],
])(
  'a server that takes only %s is never shown the secret in another way',
  async (name, policy, right, wrong) => {
    const { issuer, asked } = await strictServer(policy, [name])
    expect(await headerOf(oauthAuth({ issuer, ...secret, clientAuth: right }))).toBe('Bearer token-1')
    const error = await headerOf(oauthAuth({ issuer, ...secret, clientAuth: wrong })).catch(
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED', kind: 'build' })
    expect(error.message).toContain(`clientAuth was ${wrong}; the server lists ${right}`)
    expect(asked).toHaveLength(2)
  },
)

it('a server like Entra rejects resource, and gets a request without it where the option is left out', async () => {
  const policy: Policy = ({ form }) =>
    form.has('resource') ? 'invalid_request' : isPost({ form, authorization: undefined })
  const { issuer, asked } = await strictServer(policy, ['client_secret_post'])
  const client: OauthClientOptions = { issuer, ...secret, clientAuth: 'post', scope: 'api://app/.default' }
  const rejected = headerOf(oauthAuth({ ...client, resource: 'https://api.example.com' }))
  await expect(rejected).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED' })
  expect(await headerOf(oauthAuth(client))).toBe('Bearer token-2')
  expect(asked[1]?.form.get('scope')).toBe('api://app/.default')
})

it('a server that takes each assertion once gets another one for each exchange', async () => {
  const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const seen = new Set<unknown>()
  const policy: Policy = ({ form }) => {
    const { jti } = jose.decodeJwt(form.get('client_assertion') ?? '')
    const isNew = !seen.has(jti)
    seen.add(jti)
    return isNew ? undefined : 'invalid_client'
  }
  const { issuer, asked } = await strictServer(policy, ['private_key_jwt'])
  const auth = oauthAuth({ issuer, clientId: 'agent', privateKey: await jose.exportPKCS8(privateKey) })
  const first = await headerOf(auth)
  const request = {
    method: 'GET',
    url: 'https://api.example.com/',
    headers: createHeaderMap({ authorization: first ?? '' }),
  }
  const rejection = { request, status: 401, headers: createHeaderMap(), attempt: 0, readBody: async () => '' }
  expect(await auth.recover?.(rejection)).toBe(true)
  expect([first, await headerOf(auth)]).toEqual(['Bearer token-1', 'Bearer token-2'])
  for (const { form } of asked)
    await jose.jwtVerify(form.get('client_assertion') ?? '', publicKey, { audience: issuer, issuer: 'agent' })
  expect(seen.size).toBe(2)
})
