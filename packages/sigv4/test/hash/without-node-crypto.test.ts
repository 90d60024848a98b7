import { createHash } from 'node:crypto'
import { createHeaderMap } from '@outbound-auth/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { canonicalRequest, type SigningOptions, signRequest, sigV4Auth } from '../../src/index.js'
import { randomRequest } from '../peers/random-request.js'
import { verifySignature } from '../peers/verify-signature.js'

// The implementation for runtimes without node:crypto, run here.
vi.mock('#sha256', () => vi.importActual('../../src/hash/sha256-js.js'))

const options: SigningOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}
const url = 'https://bucket.example.com/key'
/**
 * Around the blocks of SHA-256, where its padding takes one block more, and around the length that Web Crypto takes
 * over.
 */
const lengths = [
  1, 2, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 1000, 4095, 4096, 4097, 100_000,
]

describe('without node:crypto', () => {
  it.each(lengths)('signRequest() and sigV4Auth() hash a body of %d bytes', async (length) => {
    const body = Uint8Array.from({ length }, (_, index) => (index * 7 + 3) % 256)
    const hash = createHash('sha256').update(body).digest('hex')
    expect(canonicalRequest({ method: 'PUT', url, body }, options)).toContain(`\n${hash}`)
    const signed = await sigV4Auth(options).applyAuth?.({
      method: 'PUT',
      url,
      headers: createHeaderMap(),
      body,
    })
    expect(signed?.headers.get('x-amz-content-sha256')).toBe(hash)
    expect(signed?.headers.get('authorization')).toBe(
      signRequest({ method: 'PUT', url, body }, options).headers['authorization'],
    )
  })

  it('signRequest() hashes text as UTF-8', () => {
    const body = 'größer 🎉 \ud800'.repeat(10)
    const hash = createHash('sha256').update(body).digest('hex')
    expect(signRequest({ method: 'PUT', url, body }, options).headers['x-amz-content-sha256']).toBe(hash)
  })

  it.each([1, 59, 60, 61, 64, 200])(
    'signRequest() derives a key from a secret of %d characters',
    (length) => {
      const secretAccessKey = 'k'.repeat(length)
      const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey }
      const { headers } = signRequest({ method: 'GET', url }, { ...options, credentials })
      const message = { method: 'GET', target: '/key', body: new Uint8Array() }
      const sent = { ...message, headers: Object.entries({ host: 'bucket.example.com', ...headers }) }
      const service = { secretAccessKey, isObjectStore: true, presignedPayload: 'unsigned' } as const
      expect(verifySignature(sent, service)).toBe(true)
      expect(verifySignature(sent, { ...service, secretAccessKey: `${secretAccessKey}k` })).toBe(false)
    },
  )

  it('signRequest() signs random requests as a service reads them', () => {
    const property = fc.property(randomRequest, ({ request, options }) => {
      const object = { ...request, url: request.url.replace(/^https?:\/\/[^/?]+[^?]*/, url) }
      const signed = signRequest(object, { ...options, service: 's3' })
      const { pathname, search, host } = new URL(signed.url)
      const { body = '' } = request
      const message = {
        method: signed.method,
        target: `${pathname}${search}`,
        headers: Object.entries({ host, ...signed.headers }),
        body: typeof body === 'string' ? Buffer.from(body) : body,
      }
      const { secretAccessKey } = options.credentials
      const service = { secretAccessKey, isObjectStore: true, presignedPayload: 'unsigned' } as const
      expect(verifySignature(message, service)).toBe(true)
    })
    fc.assert(property, { numRuns: 300 })
  })
})
