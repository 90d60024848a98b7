import type { CheckAuthProviderOptions } from '../../../src/checks/index.js'
import { AuthError, type AuthProvider, createHeaderMap } from '../../../src/index.js'
import { immediateApply } from '../../../src/provider.js'
import { keyAuth, secret, tokenAuth } from '../sample-providers.js'
import { broken } from './broken-provider.js'
import { keyAuthOnRequest } from './broken-providers.js'

function create(change: Partial<AuthProvider>): CheckAuthProviderOptions {
  return { create: () => broken(change), secrets: [secret] }
}

/** Sets two headers, the second name first. */
const twoHeaders: Partial<AuthProvider> = {
  headerNames: ['x-key', 'te'],
  addAuthHeaders(map) {
    map.set('x-key', `Key ${secret}`)
    map.set('te', 'trailers')
  },
}

/** Providers that come close to breaking the contract, and keep it. */
export const soundBorders: Readonly<Record<string, CheckAuthProviderOptions>> = {
  'that declares what it does not need': create({
    queryNames: [],
    mergedHeaderNames: [],
    requiresBody: false,
    requiresRequest: false,
    recoverStatuses: [200],
  }),
  'that recovers from the first and the last status': create({
    recover: async () => true,
    recoverStatuses: [400, 599],
  }),
  'that recovers from no status': create({ recover: async () => false, recoverStatuses: [] }),
  'with a second header that carries no credential': create(twoHeaders),
  'with an optional header that it does not set': create({ headerNames: ['x-key', 'x-account'] }),
  'that is not ready': create({ isReady: () => false }),
  'that is ready': create({ isReady: () => true }),
  'that does not know when its credential expires': create({ expiresAt: () => undefined }),
  'whose credential expired in 1970': create({ expiresAt: () => new Date(0) }),
  'that throws an AuthError from recover()': create({
    async recover(_rejection, options) {
      options?.signal?.throwIfAborted()
      throw AuthError.transient('Not now', { code: 'ERR_AUTH_SOURCE' })
    },
  }),
  'that throws the reason of an abort': create({
    async applyAuth(request, options) {
      options?.signal?.throwIfAborted()
      return keyAuthOnRequest(request)
    },
    async recover(_rejection, options) {
      options?.signal?.throwIfAborted()
      return false
    },
  }),
  'that applies at once': create({
    applyAuth: immediateApply((request) => {
      request.headers.set('x-key', `Key ${secret}`)
      return request
    }, keyAuthOnRequest),
  }),
  'that never applies at once': create({ applyAuth: immediateApply(() => undefined, keyAuthOnRequest) }),
  'that drops the fragment': {
    ...create({
      async applyAuth(request) {
        const [url = ''] = request.url.split('#')
        return keyAuthOnRequest({ ...request, url })
      },
    }),
    request: () => ({ method: 'GET', url: 'https://a.example/?a=1?b&&c=#d?e', headers: createHeaderMap() }),
  },
  'with a source, at a server without TLS': {
    ...create({}),
    createFromSource: (source, { observer }) => tokenAuth(source, observer),
    request: () => ({ method: 'GET', url: 'http://gateway.example/v1', headers: createHeaderMap() }),
  },
  'that renews one credential for each late rejection': {
    ...create({}),
    createFromSource(source, { observer }) {
      let flight: Promise<string> | undefined
      return {
        ...tokenAuth(source, observer),
        async recover() {
          flight ??= source().finally(() => {
            flight = undefined
          })
          await flight
          return true
        },
      }
    },
  },
  'with a source that it asks when telemetry does': {
    ...create({}),
    createFromSource: (source, { observer }) => ({
      ...tokenAuth(source, observer),
      addAuthHeaders() {
        source().then(
          () => {},
          () => {},
        )
      },
    }),
  },
  'that marks a request which comes again': create({
    headerNames: ['x-key', 'x-second'],
    async applyAuth(request) {
      if (request.headers.has('x-key')) request.headers.set('x-second', 'undefined')
      return keyAuthOnRequest(request)
    },
  }),
  'that orders headers anew': create({
    async applyAuth(request) {
      const headers = createHeaderMap([...request.headers].reverse())
      return keyAuthOnRequest({ ...request, headers })
    },
  }),
  'whose credential ends in A and no letter': {
    create: () => keyAuth('planted+secret/A=='),
    secrets: [secret],
  },
  'whose credential ends in two equals signs': {
    create: () => keyAuth('planted+secret/1=='),
    secrets: [secret],
  },
}
