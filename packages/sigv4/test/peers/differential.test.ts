import fc from 'fast-check'
import { expect, it } from 'vitest'
import { presignUrl, signRequest } from '../../src/index.js'
import { signWithAws4, signWithSmithy, toWire, type Wire } from './peer-signers.js'
import { type RandomRequest, randomRequest } from './random-request.js'

const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? Date.now() % 0x7fffffff)
/** A sample; `pnpm test:differential` takes 20,000. */
const numRuns = Number(process.env['DIFFERENTIAL_RUNS'] ?? 1000)

function signOurs({ request, options, expiresInSeconds }: RandomRequest): Wire {
  const { url, headers } =
    expiresInSeconds === undefined
      ? signRequest(request, options)
      : presignUrl(request, { ...options, expiresInMs: 1000 * expiresInSeconds })
  return toWire(url, headers)
}

/** Requests that a peer is known to get wrong: peer-defects.test.ts says why. */
function isBeyondSmithy({ query }: Wire): boolean {
  return query.some(([name]) => name === '__proto__')
}

function isBeyondAws4({ options, expiresInSeconds }: RandomRequest, { query, headers }: Wire): boolean {
  const names = query.map(([name]) => name)
  const isS3 = options.service === 's3'
  return (
    options.service === 's3express' ||
    headers['content-type'] === '' ||
    names.includes('') ||
    names.includes('__proto__') ||
    (isS3 && new Set(names).size < names.length) ||
    (isS3 && expiresInSeconds !== undefined && options.payload === 'signed')
  )
}

it(`signRequest() and presignUrl() agree with Smithy's signer and aws4 on ${numRuns} random requests`, async () => {
  const compared = { smithy: 0, aws4: 0 }
  const startedUs = process.cpuUsage().user
  const property = fc.asyncProperty(randomRequest, async (random) => {
    const wire = signOurs(random)
    const ours = wire.headers['authorization'] ?? wire.signature
    if (!isBeyondSmithy(wire)) {
      compared.smithy++
      expect(await signWithSmithy(random, wire)).toBe(ours)
    }
    if (!isBeyondAws4(random, wire)) {
      compared.aws4++
      expect(signWithAws4(random, wire)).toBe(ours)
    }
  })
  await fc.assert(property, { seed, numRuns })
  const seconds = (process.cpuUsage().user - startedUs) / 1e6
  console.info(`seed ${seed}, compared ${JSON.stringify(compared)}, ${seconds.toFixed(1)} s of CPU`)
  expect(compared.smithy).toBeGreaterThanOrEqual(0.97 * numRuns)
  expect(compared.aws4).toBeGreaterThanOrEqual(0.6 * numRuns)
}, 300_000)
