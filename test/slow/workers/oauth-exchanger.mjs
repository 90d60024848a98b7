// Runs each OAuth flow once against an endpoint that may answer anything, and says what came of it and what it cost.
import { built } from './built.mjs'
import { outcomeOf, startWatch } from './watched-run.mjs'

const oauth = await built('oauth')
const login = await built('oauth', 'login')
const { createHeaderMap } = await built('core')
const report = startWatch()
const tokenEndpoint = process.argv[2] ?? ''
const client = { tokenEndpoint, clientId: 'app', clientSecret: 'planted-secret', timeoutMs: 2000 }
const call = { signal: new AbortController().signal, forceRefresh: false }
const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
/** A fetch that sends whatever it is asked for to the endpoint. */
const fetch = (/** @type {string} */ _, /** @type {RequestInit} */ init) =>
  globalThis.fetch(tokenEndpoint, init)
const identityProvider = { ...client, clientId: 'app-at-idp' }
/** @type {Record<string, () => Promise<unknown>>} */
const flows = {
  'client-credentials': async () => oauth.clientCredentials(client)(call),
  'token-exchange': async () => oauth.tokenExchange({ ...client, subjectToken: 'planted-subject' })(call),
  'jwt-bearer': async () => oauth.jwtBearer({ ...client, assertion: 'planted-assertion' })(call),
  refresh: async () => oauth.refreshGrant(client)('planted-refresh', call),
  'identity-assertion': async () =>
    oauth.identityAssertion({
      ...client,
      issuer: 'https://a.example',
      identityProvider,
      subjectToken: 'planted-subject',
    })(call),
  dpop: async () => oauth.dpopAuth(client).applyAuth(request()),
  browser: async () =>
    login.loginWithBrowser({
      ...client,
      authorizationEndpoint: 'https://login.example.com/authorize',
      async openUrl(/** @type {string} */ url) {
        const { searchParams } = new URL(url)
        const back = new URL(searchParams.get('redirect_uri') ?? '')
        back.searchParams.set('code', 'planted-code')
        back.searchParams.set('state', searchParams.get('state') ?? '')
        await (await globalThis.fetch(back)).text()
      },
    }),
  device: async () =>
    login.loginWithDevice({ ...client, deviceAuthorizationEndpoint: tokenEndpoint, onCode() {} }),
  discovery: async () => oauth.discoverServer('https://login.example.com', { fetch, timeoutMs: 2000 }),
  resource: async () => oauth.discoverResource('https://api.example.com/', { fetch, timeoutMs: 2000 }),
}
const outcomes = []
// One after the other: a response of a million brackets keeps the thread busy, and time limits of others would pass.
for (const [flow, run] of Object.entries(flows)) outcomes.push({ flow, ...(await outcomeOf(run())) })
await report({ outcomes })
