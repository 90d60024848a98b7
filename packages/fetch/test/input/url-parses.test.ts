import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthProvider, bindAuth, createHeaderMap } from '@outbound-auth/core'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { afterEach, expect, test, vi } from 'vitest'
import { authFetch } from '../../src/index.js'

const home = 'https://api.example.com'
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Counts how often anything is parsed as a URL. */
function counting(): () => number {
  let count = 0
  const counted = class extends URL {
    constructor(url: string | URL, base?: string | URL) {
      count += 1
      super(url, base)
    }
    static override canParse(url: string | URL, base?: string | URL) {
      count += 1
      return URL.canParse(url, base)
    }
  }
  vi.stubGlobal('URL', counted)
  return () => count
}

test.each<[string, AuthProvider]>([
  ['a literal token', bearerAuth({ token: 't' })],
  ['a cached token', bearerAuth({ token: () => 't', refreshIntervalMs: 60_000 })],
  ['a key in a header', apiKeyAuth({ key: 'k', header: 'x-api-key' })],
  ['a key in the query', apiKeyAuth({ key: 'k', query: 'key' })],
  ['a signature', sigV4Auth({ service: 'execute-api', region: 'us-east-1', credentials })],
])('authFetch() with %s parses the URL of a request once', async (_, provider) => {
  const fetch = authFetch(
    bindAuth(provider, {
      allowedOrigins: [home],
      headers: createHeaderMap({ 'x-static': 'v' }),
      query: { 'api-version': '1' },
    }),
    { fetch: async () => new Response() },
  )
  await fetch(`${home}/first?a=b`)
  const parses = counting()
  await fetch(`${home}/v1/things?a=b&c`, { method: 'POST', body: '{}', headers: { accept: '*/*' } })
  expect(parses()).toBe(1)
})
