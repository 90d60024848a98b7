// Runs each OAuth flow once against an endpoint that may answer anything, and says what came of it and what it cost.
import { inspect } from 'node:util'
import { built } from './built.mjs'

const oauth = await built('oauth')
const { createHeaderMap } = await built('core')
/** @type {string[]} */
const trouble = []
process.on('unhandledRejection', (reason) => trouble.push(String(reason)))
const before = process.memoryUsage.rss()
let peak = before
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 5)
const start = performance.now()
/** @param {string} flow */
async function outcomeOf(flow) {
  const outcome = await flows[flow]?.().then(
    () => ({ result: 'success', text: '' }),
    (/** @type {any} */ error) => ({
      result: error?.name === 'AuthError' ? `${error.kind} ${error.code}` : `no AuthError: ${error}`,
      text: inspect(error, { showHidden: true, depth: 9 }) + error.stack + JSON.stringify(error),
    }),
  )
  return { flow, ...outcome }
}
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
  discovery: async () => oauth.discoverServer('https://login.example.com', { fetch, timeoutMs: 2000 }),
  resource: async () => oauth.discoverResource('https://api.example.com/', { fetch, timeoutMs: 2000 }),
}
const outcomes = []
// One after the other: a response of a million brackets keeps the thread busy, and time limits of others would pass.
for (const flow of Object.keys(flows)) outcomes.push(await outcomeOf(flow))
const tookMs = performance.now() - start
await new Promise((resolve) => setTimeout(resolve, 20))
clearInterval(watch)
const isPolluted = 'polluted' in {}
const grownBytes = Math.max(peak, process.memoryUsage.rss()) - before
process.send?.({ outcomes, tookMs, grownBytes, trouble, isPolluted }, () => process.exit())
