// Runs each OAuth flow once against each endpoint that the test names, and says what came of it and what it cost.
import { built } from './built.mjs'
import { outcomeOf, serveRuns } from './watched-run.mjs'

const oauth = await built('oauth')
const login = await built('oauth', 'login')
const { createHeaderMap } = await built('core')
const call = { signal: new AbortController().signal, forceRefresh: false }

/** Delays between the polls of a device login, in milliseconds: no other timer has them. */
const pollDelays = [7000, 14_000]
let skippedMs = 0
const { setTimeout: realTimeout } = globalThis
// Waits for polls are skipped, and the clock of the login advances instead.
globalThis.setTimeout = /** @type {any} */ (
  (/** @type {() => void} */ run, /** @type {number} */ delayMs, /** @type {unknown[]} */ ...rest) => {
    const isPoll = pollDelays.includes(delayMs)
    if (isPoll) skippedMs += delayMs
    return realTimeout(run, isPoll ? 0 : delayMs, ...rest)
  }
)

/** A device login whose code is there at once, and whose polls get what the endpoint responds. */
function pollingOptions() {
  skippedMs = 0
  const startMs = Date.now()
  const code = {
    device_code: 'planted-device-code',
    user_code: 'ABCD',
    verification_uri: 'https://login.example.com/device',
    interval: 7,
    expires_in: 20,
  }
  return {
    deviceAuthorizationEndpoint: 'https://login.example.com/device',
    onCode() {},
    now: () => new Date(startMs + skippedMs),
    fetch: async (/** @type {string} */ url, /** @type {RequestInit} */ init) =>
      url.startsWith('https:') ? Response.json(code) : globalThis.fetch(url, init),
  }
}

const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

/**
 * @param {string} tokenEndpoint
 * @returns {Record<string, () => Promise<unknown>>}
 */
function flowsOf(tokenEndpoint) {
  const client = { tokenEndpoint, clientId: 'app', clientSecret: 'planted-secret', timeoutMs: 2000 }
  /** A fetch that sends whatever it is asked for to the endpoint. */
  const fetch = (/** @type {string} */ _, /** @type {RequestInit} */ init) =>
    globalThis.fetch(tokenEndpoint, init)
  const identityProvider = { ...client, clientId: 'app-at-idp' }
  return {
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
    polling: async () => login.loginWithDevice({ ...client, ...pollingOptions() }),
    revocation: async () =>
      login.revokeLogin({
        ...client,
        revocationEndpoint: tokenEndpoint,
        login: { accessToken: 'planted-access' },
      }),
    discovery: async () => oauth.discoverServer('https://login.example.com', { fetch, timeoutMs: 2000 }),
    resource: async () => oauth.discoverResource('https://api.example.com/', { fetch, timeoutMs: 2000 }),
  }
}

serveRuns(async (tokenEndpoint, isSilent) => {
  const flows = Object.entries(flowsOf(tokenEndpoint))
  const outcome = async (/** @type {[string, () => Promise<unknown>]} */ [flow, run]) => ({
    flow,
    ...(await outcomeOf(run())),
  })
  // Waiting keeps no thread busy.
  if (isSilent) return { outcomes: await Promise.all(flows.map(outcome)) }
  const outcomes = []
  // One after the other: a response of a million brackets keeps the thread busy, and time limits of others would pass.
  for (const flow of flows) outcomes.push(await outcome(flow))
  return { outcomes }
})
