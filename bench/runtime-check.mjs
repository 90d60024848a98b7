// Runs inside a runtime under test: signs known requests, then times us against aws4fetch. Plain web APIs only.
import { agentIdentityAuth } from '@outbound-auth/agent-identity'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { presignUrl, signRequest, sigV4Auth } from '@outbound-auth/sigv4'
import { AwsV4Signer } from 'aws4fetch'

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const service = 'bedrock'
const region = 'us-east-1'
const now = () => new Date(1_700_000_000_000)
const url = 'https://bedrock-runtime.us-east-1.amazonaws.com/v1/responses?b=2&a=1'

export const cases = [
  { name: 'GET, no body', method: 'GET', body: undefined },
  { name: 'POST 1 KiB', method: 'POST', body: 'x'.repeat(1024) },
  { name: 'POST 64 KiB', method: 'POST', body: 'x'.repeat(65536) },
]

/** All signatures as one text: every runtime must give the same. */
export async function signatures() {
  const options = { service, region, credentials, now }
  /** @type {(string | null | undefined)[]} */
  const lines = [presignUrl({ method: 'GET', url }, { ...options, service: 's3', expiresInMs: 60_000 }).url]
  for (const { method, body } of cases) {
    const { headers } = signRequest({ method, url, body }, options)
    const applied = await applyAuth(sigV4Auth(options), { method, url, headers: createHeaderMap(), body })
    lines.push(headers['authorization'], applied.headers.get('authorization'))
  }
  const agent = agentIdentityAuth({
    agentRuntimeId: 'agent-123',
    taskId: 'task-123',
    privateKey:
      'MFECAQEwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHgSEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=',
    now,
  })
  const { headers } = await applyAuth(agent, { method: 'GET', url, headers: createHeaderMap() })
  lines.push(headers.get('authorization'))
  return lines.join('\n')
}

/** @param {number} index of a case */
export function contenders(index) {
  const { method = '', body } = cases[index] ?? {}
  const provider = sigV4Auth({ service, region, credentials })
  const cache = new Map()
  return {
    applyAuth: () => applyAuth(provider, { method, url, headers: createHeaderMap(), body }),
    signRequest: () => signRequest({ method, url, body }, { service, region, credentials }),
    aws4fetch: () =>
      new AwsV4Signer({ ...credentials, method, url, body: body ?? null, service, region, cache }).sign(),
  }
}

/** Wall-clock microseconds of one call, the best of several rounds. */
export async function timings() {
  const rows = []
  for (const index of cases.keys()) {
    /** @type {Record<string, number>} */
    const row = {}
    for (let round = 0; round < 7; round++) {
      for (const [contender, run] of Object.entries(contenders(index))) {
        row[contender] = Math.min(row[contender] ?? Number.POSITIVE_INFINITY, await time(run))
      }
    }
    rows.push(row)
  }
  return rows
}

/** @param {() => unknown} run */
async function time(run) {
  const calls = 400
  const start = performance.now()
  for (let call = 0; call < calls; call++) await run()
  return (1000 * (performance.now() - start)) / calls
}
