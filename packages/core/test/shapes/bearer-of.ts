import type { AuthProvider, HeaderMap, TokenSource } from '../../src/index.js'
import { cachedToken } from '../../src/provider.js'

/** A bearer provider as `bearerAuth` makes one, of core's own parts. */
export function bearerOf(source: TokenSource, refreshIntervalMs?: number): AuthProvider {
  const cache = cachedToken({ kind: 'bearer', source, refreshIntervalMs })
  const add = (headers: HeaderMap, token: string) => headers.set('authorization', `Bearer ${token}`)
  return {
    kind: 'bearer',
    headerNames: ['authorization'],
    expiresAt: cache.expiresAt,
    addAuthHeaders(headers) {
      const token = cache.peek()
      if (token !== undefined) add(headers, token)
    },
    async applyAuth(request, options) {
      add(request.headers, await cache.get(options))
      return request
    },
    recover({ request, attempt, claims }, options) {
      const rejected = request.headers.get('authorization')?.slice('Bearer '.length)
      return cache.recover(rejected, attempt, { ...options, claims })
    },
  }
}
