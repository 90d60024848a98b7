import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalRequest, type SignableRequest, type SigningOptions, signRequest } from '../../src/index.js'

const request: SignableRequest = {
  method: 'POST',
  url: 'https://bedrock-runtime.us-east-1.amazonaws.com/v1/responses',
  headers: { 'content-type': 'application/json', 'x-test-header': 'present' },
  body: '{"model":"openai.gpt-oss-120b-1:0"}',
}

const vectors = [
  {
    name: 'without a session token',
    sessionToken: undefined,
    signedHeaders: 'content-type;host;x-amz-date;x-test-header',
    canonicalHash: 'e3ceb26d3b2f86ff1cfa6522532b6e41884df6ab2fbd6777f0da88cf9653a7b2',
    signature: '2afc1ca5125d41face25d2bd48edc9609a64492d23a547bdbccb28d1e69b6252',
  },
  {
    name: 'with a session token',
    sessionToken: 'session-token',
    signedHeaders: 'content-type;host;x-amz-date;x-amz-security-token;x-test-header',
    canonicalHash: '4ce9794e3fcba6bac021b807be9b8c8211f142b08d872465eac491c2d7126888',
    signature: '8fddb9d3a0222e110aab95fa3d597f1eff8d330b231fe4525f13c75efca9454f',
  },
]

// The inputs are those of the Codex client's own tests; botocore confirms the signatures.
describe('Amazon Bedrock', () => {
  for (const { name, sessionToken, signedHeaders, canonicalHash, signature } of vectors) {
    const options: SigningOptions = {
      service: 'bedrock',
      region: 'us-east-1',
      credentials: {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
        sessionToken,
      },
      now: () => new Date(1_700_000_000_000),
      signedHeaders: ['x-test-header'],
    }

    it(`canonicalRequest() is the one of the vector ${name}`, () => {
      const canonical = canonicalRequest(request, options)
      expect(canonical).toMatch(/\ne6f5b76929970d12f510677a95e505022a28268c8cfcc023e92171adbc006101$/)
      expect(createHash('sha256').update(canonical).digest('hex')).toBe(canonicalHash)
    })

    it(`signRequest() gives the signature of the vector ${name}`, () => {
      const { headers } = signRequest(request, options)
      expect(headers).toEqual({
        'content-type': 'application/json',
        'x-test-header': 'present',
        'x-amz-date': '20231114T221320Z',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/bedrock/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
        ...(sessionToken && { 'x-amz-security-token': sessionToken }),
      })
    })
  }
})
