import { describe, expect, it } from 'vitest'
import { vectorFilesBeside, vectorsBeside } from '../../../../test/support/vectors-beside.js'
import { type SigningOptions, signRequest } from '../../src/index.js'

interface Capture {
  decoded?: { sigv4?: SignedCapture[] }
}

interface SignedCapture {
  akid: string
  region: string
  service: string
  x_amz_date: string
  signature: string
  vector: {
    method: string
    url: string
    headers: Record<string, string>
    body_sha256: string
    secret_access_key: string
    session_token: string | null
    authorization: string
  }
}

const folder = 'codex-captures/'
const captures = vectorFilesBeside(folder, 'bedrock-').map((file) => ({
  file,
  requests: vectorsBeside<Capture>(`${folder}${file}`)?.decoded?.sigv4 ?? [],
}))

describe.runIf(captures.length > 0)('the signed requests of a real Codex client', () => {
  it('are eight, for both services, with and without a session token', () => {
    const requests = captures.flatMap(({ requests }) => requests)
    expect(requests).toHaveLength(8)
    expect(new Set(requests.map(({ service }) => service))).toEqual(new Set(['bedrock', 'bedrock-mantle']))
    expect(new Set(requests.map(({ vector }) => vector.session_token === null)).size).toBe(2)
  })

  for (const { file, requests } of captures) {
    for (const { akid, region, service, x_amz_date, signature, vector } of requests) {
      it(`signRequest() signs ${file} as the client did`, () => {
        const { headers } = signRequest({ method: vector.method, url: vector.url, headers: vector.headers }, {
          service,
          region,
          credentials: {
            accessKeyId: akid,
            secretAccessKey: vector.secret_access_key,
            sessionToken: vector.session_token ?? undefined,
          },
          now: () => new Date(x_amz_date.replace(/^(....)(..)(.....)(..)(..Z)$/, '$1-$2-$3:$4:$5')),
          payload: vector.body_sha256,
          signedHeaders: 'all',
        } satisfies SigningOptions)
        expect(headers['authorization']).toBe(vector.authorization)
        expect(headers['authorization']).toContain(`Signature=${signature}`)
      })
    }
  }
})
