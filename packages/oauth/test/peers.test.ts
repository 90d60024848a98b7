import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import * as dpop from 'dpop'
import * as jose from 'jose'
import * as oauth4webapi from 'oauth4webapi'
import { expect, it } from 'vitest'
import { clientCredentials, discoverServer, dpopAuth } from '../src/index.js'
import { loginWithBrowser } from '../src/login.js'
import { granted, scripted, tokenEndpoint } from './scripted-server.js'

const url = 'https://api.example.com/v1/things?text=a%20b#part'

it.each(['ES256', 'Ed25519'] as const)(
  'dpopAuth() proves with %s as the package dpop does',
  async (algorithm) => {
    const dpopKey = await dpop.generateKeyPair(algorithm)
    const { fetch } = scripted(() =>
      granted({ token_type: 'DPoP' }, { headers: { 'dpop-nonce': 'nonce-1' } }),
    )
    const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch, dpopAlgorithm: algorithm, dpopKey })
    const request = { method: 'PATCH', url, headers: createHeaderMap() }
    auth.noteResponse?.({ request, status: 200, headers: createHeaderMap({ 'dpop-nonce': 'nonce-2' }) })
    const { headers } = await applyAuth(auth, request)
    const ours = headers.get('dpop') ?? ''
    const theirs = await dpop.generateProof(
      dpopKey,
      'https://api.example.com/v1/things',
      'PATCH',
      'nonce-2',
      'planted-token',
    )
    expect(jose.decodeProtectedHeader(ours)).toEqual(jose.decodeProtectedHeader(theirs))
    const own = { iat: expect.any(Number), jti: expect.any(String) }
    expect(jose.decodeJwt(ours)).toEqual({ ...jose.decodeJwt(theirs), ...own })
    await jose.jwtVerify(ours, dpopKey.publicKey, { typ: 'dpop+jwt' })
  },
)

it('dpopAuth() hashes the token of RFC 9449, section 7.1, as the RFC does', async () => {
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  const { fetch } = scripted(() => granted({ access_token: token, token_type: 'DPoP' }))
  const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch })
  const { headers } = await applyAuth(auth, { method: 'GET', url, headers: createHeaderMap() })
  const { ath, htm, htu } = jose.decodeJwt(headers.get('dpop') ?? '')
  expect([ath, htm, htu]).toEqual([
    'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    'GET',
    'https://api.example.com/v1/things',
  ])
})

it('clientCredentials() asserts what oauth4webapi asserts, but for nbf and the time', async () => {
  const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const issuer = 'https://login.example.com'
  const body = new URLSearchParams()
  const authenticate = oauth4webapi.PrivateKeyJwt({ key: privateKey, kid: 'key-1' })
  await authenticate({ issuer }, { client_id: 'agent' }, body, new Headers())
  const { fetch, arrivals } = scripted()
  const token = clientCredentials({
    issuer,
    tokenEndpoint,
    clientId: 'agent',
    keyId: 'key-1',
    privateKey: await jose.exportPKCS8(privateKey),
    fetch,
  })
  await token({ signal: new AbortController().signal, forceRefresh: false })
  const form = arrivals[0]?.form ?? new URLSearchParams()
  expect(form.get('client_assertion_type')).toBe(body.get('client_assertion_type'))
  const [ours, theirs] = [form, body].map((parameters) => parameters.get('client_assertion') ?? '')
  const { alg, kid } = jose.decodeProtectedHeader(theirs ?? '')
  expect(jose.decodeProtectedHeader(ours ?? '')).toMatchObject({ alg, kid })
  const { nbf: _, ...claims } = jose.decodeJwt(theirs ?? '')
  const own = { iat: expect.any(Number), exp: expect.any(Number), jti: expect.any(String) }
  expect(jose.decodeJwt(ours ?? '')).toEqual({ ...claims, ...own })
})

it('loginWithBrowser() challenges as oauth4webapi does', async () => {
  const { fetch, arrivals } = scripted()
  let challenge: string | null = ''
  await loginWithBrowser({
    tokenEndpoint,
    authorizationEndpoint: 'https://login.example.com/authorize',
    clientId: 'cli',
    fetch,
    openUrl(text) {
      const { searchParams } = new URL(text)
      challenge = searchParams.get('code_challenge')
      const back = new URLSearchParams({ code: 'code-1', state: searchParams.get('state') ?? '' })
      void globalThis.fetch(`${searchParams.get('redirect_uri')}?${back}`)
    },
  })
  const verifier = arrivals[0]?.form.get('code_verifier') ?? ''
  expect(challenge).toBe(await oauth4webapi.calculatePKCECodeChallenge(verifier))
})

it.each(['https://login.example.com', 'https://login.example.com/tenant/a'])(
  'discoverServer() asks the URLs of oauth4webapi for %s',
  async (issuer) => {
    const { fetch, arrivals } = scripted(() => new Response('', { status: 404 }))
    await discoverServer(issuer, { fetch }).catch(() => {})
    const ours = arrivals.map((arrival) => arrival.url)
    arrivals.length = 0
    for (const algorithm of ['oauth2', 'oidc'] as const)
      await oauth4webapi.discoveryRequest(new URL(issuer), {
        algorithm,
        [oauth4webapi.customFetch]: (url, { method }) => fetch(url, { method }),
      })
    const theirs = arrivals.map((arrival) => arrival.url)
    expect([ours[0], ours.at(-1)]).toEqual(theirs)
  },
)
