// Runs each exchange of a workload identity once against a service that may answer anything, and says what came of it
// and what it cost.
import { built } from './built.mjs'
import { outcomeOf, startWatch } from './watched-run.mjs'

const workload = await built('workload-identity')
const platforms = await built('workload-identity', 'node')
const { sigV4Auth } = await built('sigv4')
const report = startWatch()
const endpoint = process.argv[2] ?? ''
const call = { signal: new AbortController().signal, forceRefresh: true }
/** A fetch that sends whatever it is asked for to the endpoint. */
const fetch = (/** @type {string} */ _, /** @type {RequestInit} */ init) => globalThis.fetch(endpoint, init)
const common = { subjectToken: 'planted-subject', timeoutMs: 2000, fetch }
const exchange = (/** @type {object} */ options) => workload.workloadToken({ ...common, ...options })(call)
const gcp = { service: 'gcp', audience: 'a' }
/** The first step succeeds, and the second one meets the endpoint. */
const secondFetch = (/** @type {string} */ url, /** @type {RequestInit} */ init) =>
  url.includes('generateAccessToken')
    ? fetch(url, init)
    : Promise.resolve(Response.json({ access_token: 'planted-first', token_type: 'Bearer' }))
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'planted-secret' }
const auth = sigV4Auth({ service: 'sts', region: 'us-east-1', credentials })
const requestUrl = 'https://github.example/'
/** @type {Record<string, () => Promise<unknown>>} */
const flows = {
  openai: async () => exchange({ service: 'openai', identityProviderId: 'a', serviceAccountId: 'b' }),
  anthropic: async () => exchange({ service: 'anthropic', federationRuleId: 'a', organizationId: 'b' }),
  gcp: async () => exchange(gcp),
  azure: async () => exchange({ service: 'azure', tenantId: 'a', clientId: 'b', scope: 'c' }),
  impersonation: async () => exchange({ ...gcp, impersonate: 'a@b.example', fetch: secondFetch }),
  'assume-role': async () =>
    workload.webIdentityCredentials({ ...common, roleArn: 'a', region: 'us-east-1' })(call),
  'web-identity': async () =>
    workload.awsWebIdentityToken({ audience: 'a', region: 'us-east-1', auth, timeoutMs: 2000, fetch })(call),
  'github-actions': async () =>
    workload.githubActionsToken({
      audience: 'a',
      requestUrl,
      requestToken: 'planted-request',
      timeoutMs: 2000,
      fetch,
    })(call),
  'gcp-metadata': async () => platforms.gcpIdentityToken({ audience: 'a', fetch })(call),
  'azure-imds': async () => platforms.azureImdsToken({ resource: 'a', fetch })(call),
}
const outcomes = []
// One after the other: a response of a million brackets keeps the thread busy, and time limits of others would pass.
for (const [flow, run] of Object.entries(flows)) outcomes.push({ flow, ...(await outcomeOf(run())) })
await report({ outcomes })
