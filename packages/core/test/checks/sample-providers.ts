import type { CheckAuthProviderOptions } from '../../src/checks/index.js'
import { type AuthObserver, type AuthProvider, combineAuth, noAuth } from '../../src/index.js'
import { addListMember, cachedToken, checkHeaderValue, setQueryParameter } from '../../src/provider.js'

export const secret = 'planted+secret/1'
export const renewed = 'planted+secret/2'

/** One required method is enough. */
export function keyAuth(key: string): AuthProvider {
  return { kind: 'key', headerNames: ['x-key'], addAuthHeaders: (headers) => headers.set('x-key', key) }
}

/** A token from a source, through the cache. */
export function tokenAuth(source: () => Promise<string>, observer?: AuthObserver): AuthProvider {
  const cache = cachedToken({ kind: 'token', source, observer, refreshIntervalMs: 0 })
  return {
    kind: 'token',
    headerNames: ['authorization'],
    addAuthHeaders(headers) {
      const token = cache.peek()
      if (token !== undefined) headers.set('authorization', `Token ${token}`)
    },
    async applyAuth(request, options) {
      request.headers.set('authorization', `Token ${await cache.get(options)}`)
      return request
    },
    recover({ request, attempt }, options) {
      return cache.recover(request.headers.get('authorization')?.slice('Token '.length), attempt, options)
    },
  }
}

/** A key in the URL. */
export function queryAuth(key: string): AuthProvider {
  return {
    kind: 'query',
    headerNames: [],
    queryNames: ['api key'],
    addAuthHeaders() {},
    async applyAuth(request) {
      checkHeaderValue('for the key', key, 'query')
      request.url = setQueryParameter(request.url, 'api key', key)
      return request
    },
  }
}

/** Signs method, URL and body, each time with another nonce; replaces the request. */
export function signatureAuth(key: string): AuthProvider {
  return {
    kind: 'signature',
    headerNames: ['authorization', 'x-nonce'],
    requiresBody: true,
    recoverStatuses: [400, 401, 403],
    addAuthHeaders() {},
    async applyAuth(request) {
      const nonce = crypto.randomUUID()
      const text = new TextEncoder().encode(
        [key, nonce, request.method, request.url, request.body].join('\n'),
      )
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
      const signature = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
      const headers = new Headers([...request.headers])
      headers.set('x-nonce', nonce)
      headers.set('authorization', `Signature ${signature}`)
      return { ...request, headers }
    },
    recover: async () => false,
  }
}

/** Signs method and URL with the newest nonce of the server, and asks for a feature in a list header. */
export function proofAuth(key: string): AuthProvider {
  let nonce = ''
  let count = 0
  return {
    kind: 'proof',
    headerNames: ['x-proof'],
    mergedHeaderNames: ['x-features'],
    requiresRequest: true,
    addAuthHeaders: (headers) => addListMember(headers, 'x-features', 'proofs, nonces'),
    async applyAuth(request) {
      const text = new TextEncoder().encode([key, nonce, count++, request.method, request.url].join('\n'))
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
      request.headers.set('x-proof', btoa(String.fromCharCode(...digest)))
      addListMember(request.headers, 'x-features', 'proofs, nonces')
      return request
    },
    noteResponse({ headers }) {
      const given = headers.get('dpop-nonce') ?? ''
      if (/^[\x21-\x7e]{1,1024}$/.test(given)) nonce = given
    },
  }
}

/** Providers that keep the contract, each with all that it can be checked with. */
export const soundProviders: Readonly<Record<string, CheckAuthProviderOptions>> = {
  'with one method': {
    create: () => keyAuth(secret),
    secrets: [secret],
    createWithCredential: (credential) => keyAuth(credential),
  },
  'with a source': {
    create: ({ observer }) => tokenAuth(async () => secret, observer),
    secrets: [secret, renewed],
    createWithCredential: (credential) => tokenAuth(async () => credential),
    createFromSource: (source, { observer }) => tokenAuth(source, observer),
  },
  'with a source that gives one credential': {
    create: async ({ observer }) => tokenAuth(async () => secret, observer),
    secrets: [secret],
    createFromSource: async (source, { observer }) => tokenAuth(source, observer),
  },
  'with a query parameter': {
    create: () => queryAuth(secret),
    secrets: [secret],
    createWithCredential: (credential) => queryAuth(credential),
  },
  'that signs': { create: () => signatureAuth(secret), secrets: [secret] },
  'that proves': { create: () => proofAuth(secret), secrets: [secret] },
  'that is combined with a proof': {
    create: () => combineAuth(keyAuth(renewed), proofAuth(secret)),
    secrets: [secret, renewed],
  },
  'that is combined': {
    create: ({ observer }) =>
      combineAuth(
        keyAuth(renewed),
        queryAuth(renewed),
        tokenAuth(async () => secret, observer),
      ),
    secrets: [secret, renewed],
    createWithCredential: (credential) =>
      combineAuth(
        keyAuth(secret),
        tokenAuth(async () => credential),
      ),
    createFromSource: (source, { observer }) => combineAuth(keyAuth(secret), tokenAuth(source, observer)),
  },
  'without a credential': { create: () => noAuth({ reason: 'A local server' }), secrets: [] },
}
