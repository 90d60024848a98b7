import { createServer, type IncomingMessage } from 'node:http'
import { bearerAuth, rotatingToken, type StoredToken } from '@outbound-auth/bearer'
import { type AuthProvider, createMemoryStore } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { expect, it } from 'vitest'
import {
  clientCredentials,
  dpopAuth,
  identityAssertion,
  jwtBearer,
  type OauthClientOptions,
  oauthAuth,
  refreshGrant,
  tokenExchange,
} from '../src/index.js'
import { listen } from './certified-server.js'
import { granted, scripted } from './scripted-server.js'

const wanted = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"name":{"value":"Zoë"}}}'

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

/** A token endpoint, and an API that takes a token only if it was issued with the claims that the API wants. */
async function claimingServer(tokenType: 'Bearer' | 'DPoP' = 'Bearer') {
  const forms: URLSearchParams[] = []
  const issuedWith = new Map<string, string | null>()
  const statuses: number[] = []
  const policy = { wanted: wanted as string | undefined }
  const server = createServer(async (request, response) => {
    const { headers, url } = request
    const form = new URLSearchParams(await textOf(request))
    if (url?.startsWith('/token')) {
      forms.push(form)
      const access_token = `token-${forms.length}`
      const isAssertion = form.get('requested_token_type')?.endsWith('id-jag')
      issuedWith.set(access_token, form.get('claims'))
      const token = { access_token, token_type: isAssertion ? 'N_A' : tokenType, expires_in: 3600 }
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token))
    }
    const [, token = ''] = /^\w+ (.+)$/.exec(headers.authorization ?? '') ?? []
    const isTaken = policy.wanted === undefined || issuedWith.get(token)?.includes('"nbf"') === true
    statuses.push(isTaken ? 200 : 401)
    const encoded = btoa(String.fromCharCode(...new TextEncoder().encode(policy.wanted ?? '')))
    const challenge = `${tokenType} realm="", error="insufficient_claims", claims="${encoded}"`
    return response.writeHead(isTaken ? 200 : 401, isTaken ? {} : { 'www-authenticate': challenge }).end()
  })
  const origin = await listen(server)
  return { origin, tokenEndpoint: `${origin}/token`, forms, statuses, policy }
}

type Server = Awaited<ReturnType<typeof claimingServer>>

const secret = { clientId: 'agent', clientSecret: 'planted-secret' }

/** Every way to a token, with the number of requests to the token endpoint for one token. */
const providers: Readonly<Record<string, [(server: Server) => AuthProvider, number]>> = {
  oauthAuth: [({ tokenEndpoint }) => oauthAuth({ tokenEndpoint, ...secret }), 1],
  clientCredentials: [
    ({ tokenEndpoint }) => bearerAuth({ token: clientCredentials({ tokenEndpoint, ...secret }) }),
    1,
  ],
  tokenExchange: [
    ({ tokenEndpoint }) =>
      bearerAuth({ token: tokenExchange({ tokenEndpoint, ...secret, subjectToken: 'subject' }) }),
    1,
  ],
  jwtBearer: [
    ({ tokenEndpoint }) =>
      bearerAuth({ token: jwtBearer({ tokenEndpoint, ...secret, assertion: 'assertion' }) }),
    1,
  ],
  identityAssertion: [
    ({ tokenEndpoint, origin }) => {
      const client = { tokenEndpoint, ...secret }
      const assertion = { issuer: origin, identityProvider: client, subjectToken: 'subject' }
      return bearerAuth({ token: identityAssertion({ ...client, ...assertion }) })
    },
    2,
  ],
  refreshGrant: [
    ({ tokenEndpoint }) => {
      const store = createMemoryStore<StoredToken>({ refreshToken: 'planted-refresh' })
      return bearerAuth({
        token: rotatingToken({ store, refresh: refreshGrant({ tokenEndpoint, ...secret }) }),
      })
    },
    1,
  ],
}

it.each(Object.entries(providers))(
  '%s(): a claims challenge is answered with a token that has the claims',
  async (_, [open, count]) => {
    const server = await claimingServer()
    const fetch = authFetch(open(server), { allowedOrigins: [server.origin] })
    expect((await fetch(`${server.origin}/api`)).status).toBe(200)
    expect((await fetch(`${server.origin}/api`)).status).toBe(200)
    expect(server.statuses).toEqual([401, 200, 200])
    const claims = server.forms.map((form) => form.getAll('claims'))
    expect(claims.slice(0, count).flat()).toEqual([])
    expect(claims.slice(count)).toEqual([...Array(count - 1).fill([]), [wanted]])
  },
)

it('dpopAuth(): a claims challenge is answered with a token that has the claims', async () => {
  const server = await claimingServer('DPoP')
  const auth = dpopAuth({ tokenEndpoint: server.tokenEndpoint, ...secret })
  const fetch = authFetch(auth, { allowedOrigins: [server.origin] })
  expect((await fetch(`${server.origin}/api`)).status).toBe(200)
  expect(server.statuses).toEqual([401, 200])
  expect(server.forms.map((form) => form.get('claims'))).toEqual([null, wanted])
})

it('oauthAuth(): 50 challenges at once cost one exchange', async () => {
  const server = await claimingServer()
  server.policy.wanted = undefined
  const auth = oauthAuth({ tokenEndpoint: server.tokenEndpoint, ...secret })
  const fetch = authFetch(auth, { allowedOrigins: [server.origin] })
  expect((await fetch(`${server.origin}/api`)).status).toBe(200)
  server.policy.wanted = wanted
  const calls = Array.from({ length: 50 }, async () => (await fetch(`${server.origin}/api`)).status)
  expect(new Set(await Promise.all(calls))).toEqual(new Set([200]))
  expect(server.forms.map((form) => form.get('claims'))).toEqual([null, wanted])
})

it('oauthAuth(): an API whose claims no token has gets two requests, and the caller its 401', async () => {
  const server = await claimingServer()
  server.policy.wanted = '{"access_token":{"acrs":{"value":"c1"}}}'
  const auth = oauthAuth({ tokenEndpoint: server.tokenEndpoint, ...secret })
  const fetch = authFetch(auth, { allowedOrigins: [server.origin] })
  expect((await fetch(`${server.origin}/api`)).status).toBe(401)
  expect(server.statuses).toEqual([401, 401])
  expect((await fetch(`${server.origin}/api`)).status).toBe(401)
  expect(server.forms.length).toBeLessThanOrEqual(2)
})

/** The `claims` of the second of two exchanges, when an API wants other claims after the first one. */
async function claimsAfter(given: string, change: string): Promise<(string | null)[]> {
  const { fetch, arrivals } = scripted(() => granted())
  const options = { tokenEndpoint: 'https://login.example.com/token', clientId: 'agent', fetch }
  const token = clientCredentials({
    ...options,
    parameters: { tenant: 'a', claims: given },
  } as OauthClientOptions)
  const { signal } = new AbortController()
  await token({ signal, forceRefresh: false })
  await token({ signal, forceRefresh: true, claims: change })
  for (const { form } of arrivals)
    expect([form.getAll('claims').length, form.get('tenant')]).toEqual([1, 'a'])
  return arrivals.map(({ form }) => form.get('claims'))
}

const capability = '{"access_token":{"xms_cc":{"values":["cp1"]}}}'

it.each([
  [
    'stand beside those of the challenge',
    capability,
    '{"access_token":{"acrs":{"value":"c1"}},"id_token":{}}',
    '{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"value":"c1"}},"id_token":{}}',
  ],
  [
    'give way to those of the challenge',
    '{"access_token":{"acrs":{"value":"c0"},"a":[1]}}',
    '{"access_token":{"acrs":{"value":"c1"},"a":[2]}}',
    '{"access_token":{"acrs":{"value":"c1"},"a":[2]}}',
  ],
  ['that are no object give way as a whole', '["x"]', '{"a":null}', '{"a":null}'],
  ['stand with any name', '{"__proto__":{"a":1}}', '{"b":1}', '{"__proto__":{"a":1},"b":1}'],
])('the claims of the option parameters %s', async (_, given, change, expected) => {
  expect(await claimsAfter(given, change)).toEqual([given, expected])
})

it('claims of a polluted prototype are not sent', async () => {
  const { fetch, arrivals } = scripted(() => granted())
  const token = clientCredentials({
    tokenEndpoint: 'https://login.example.com/token',
    clientId: 'agent',
    fetch,
  })
  try {
    Object.assign(Object.prototype, { claims: 'planted' })
    const signal = new AbortController().signal
    await token({ signal, forceRefresh: false, claims: undefined })
  } finally {
    Reflect.deleteProperty(Object.prototype, 'claims')
  }
  expect(arrivals[0]?.form.has('claims')).toBe(false)
})
