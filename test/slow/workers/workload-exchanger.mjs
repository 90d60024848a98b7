// Runs each exchange of a workload identity once against each endpoint that the test names, and says what came of it
// and what it cost.
import { built } from './built.mjs'
import { outcomeOf, serveRuns } from './watched-run.mjs'

const workload = await built('workload-identity')
const platforms = await built('workload-identity', 'node')
const { sigV4Auth } = await built('sigv4')
const call = { signal: new AbortController().signal, forceRefresh: true }
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'planted-secret' }
const auth = sigV4Auth({ service: 'sts', region: 'us-east-1', credentials })

/**
 * @param {string} endpoint
 * @param {number} timeoutMs of each exchange
 * @returns {Record<string, () => Promise<unknown>>}
 */
function flowsOf(endpoint, timeoutMs) {
  /** A fetch that sends whatever it is asked for to the endpoint. */
  const fetch = (/** @type {string} */ _, /** @type {RequestInit} */ init) => globalThis.fetch(endpoint, init)
  const common = { subjectToken: 'planted-subject', timeoutMs, fetch }
  const exchange = (/** @type {object} */ options) => workload.workloadToken({ ...common, ...options })(call)
  const gcp = { service: 'gcp', audience: 'a' }
  /** The first step succeeds, and the second one meets the endpoint. */
  const secondFetch = (/** @type {string} */ url, /** @type {RequestInit} */ init) =>
    url.includes('generateAccessToken')
      ? fetch(url, init)
      : Promise.resolve(Response.json({ access_token: 'planted-first', token_type: 'Bearer' }))
  const aws = { audience: 'a', region: 'us-east-1', auth, timeoutMs, fetch }
  const github = { audience: 'a', requestUrl: 'https://github.example/', requestToken: 'planted-request' }
  return {
    openai: async () => exchange({ service: 'openai', identityProviderId: 'a', serviceAccountId: 'b' }),
    anthropic: async () => exchange({ service: 'anthropic', federationRuleId: 'a', organizationId: 'b' }),
    gcp: async () => exchange(gcp),
    azure: async () => exchange({ service: 'azure', tenantId: 'a', clientId: 'b', scope: 'c' }),
    impersonation: async () => exchange({ ...gcp, impersonate: 'a@b.example', fetch: secondFetch }),
    'assume-role': async () =>
      workload.webIdentityCredentials({
        ...common,
        roleArn: 'arn:aws:iam::123456789012:role/a',
        region: 'us-east-1',
      })(call),
    'web-identity': async () => workload.awsWebIdentityToken(aws)(call),
    'github-actions': async () => workload.githubActionsToken({ ...github, timeoutMs, fetch })(call),
    'gcp-metadata': async () => platforms.gcpIdentityToken({ audience: 'a', fetch })(call),
    'azure-imds': async () => platforms.azureImdsToken({ resource: 'a', fetch })(call),
  }
}

serveRuns(async (endpoint, isSilent) => {
  // A busy machine may take seconds for a response that comes.
  const flows = Object.entries(flowsOf(endpoint, isSilent ? 2000 : 20_000))
  const outcome = async (/** @type {typeof flows[number]} */ [flow, run]) => ({
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
