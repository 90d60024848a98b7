import type { AuthProvider } from '../../../src/index.js'
import {
  adds,
  type BrokenProvider,
  broken,
  declares,
  declaresSame,
  merges,
  replaces,
  saysExpiry,
  saysReady,
} from './broken-provider.js'
import { keyAuthOnRequest } from './broken-providers.js'

type Malformed = Readonly<Record<string, unknown>>

/** A provider as only JavaScript can make it. */
function malformed(change: Malformed): AuthProvider {
  return broken({ applyAuth: keyAuthOnRequest, ...change } as Partial<AuthProvider>)
}

function malformedCase(what: string, fails: readonly string[], change: Malformed): BrokenProvider {
  return { what, fails, create: () => malformed(change) }
}

/** Sets its header, and declares something else from then on. */
function changing(
  what: string,
  before: Malformed,
  after: Malformed,
  fails: readonly string[] = [declaresSame],
): BrokenProvider {
  const create = () => {
    const provider = malformed({ ...before, recover: async () => false })
    return Object.assign(provider, {
      async applyAuth(request: Parameters<typeof keyAuthOnRequest>[0]) {
        Object.assign(provider, after)
        return keyAuthOnRequest(request)
      },
    }) as AuthProvider
  }
  return { what: `declares ${what} after it was used`, fails, create }
}

/** Providers whose declarations break the contract. */
export const brokenDeclarations: readonly BrokenProvider[] = [
  malformedCase('has a number as its kind', [declares], { kind: 7 }),
  {
    what: 'has no addAuthHeaders()',
    fails: [declares, 'changes no header', 'addAuthHeaders() is', 'addAuthHeaders() sets'],
    create: () => malformed({ addAuthHeaders: undefined }),
  },
  {
    what: 'declares one query name as a string',
    fails: [declares, 'authenticates every request', replaces],
    create: () => malformed({ queryNames: 'key' }),
  },
  malformedCase('declares an empty query name', [declares, replaces], { queryNames: ['key', ''] }),
  malformedCase('declares a number as a query name', [declares, replaces], { queryNames: ['key', 7] }),
  malformedCase('declares a query name twice', [declares, replaces], { queryNames: ['key', 'key'] }),
  {
    what: 'declares a query name, and has no applyAuth()',
    fails: [declares, replaces],
    create: () => broken({ queryNames: ['key'] }),
  },
  {
    what: 'requires the request, and has no applyAuth()',
    fails: [declares, 'signs method and URL'],
    create: () => broken({ requiresRequest: true }),
  },
  ...[[399], [600], [401, 204]].map((recoverStatuses) => ({
    what: `recovers from the statuses ${recoverStatuses.join(' and ')}`,
    fails: [declares],
    create: () => broken({ recover: async () => false, recoverStatuses }),
  })),
  {
    what: 'merges names that are no list',
    fails: [merges, adds, 'changes no header'],
    create: () => malformed({ mergedHeaderNames: { length: 0 } }),
  },
  malformedCase('merges a header in mixed case', [merges, adds], { mergedHeaderNames: ['X-Features'] }),
  malformedCase('says that it is ready in words', [saysReady], { isReady: () => 'yes' }),
  malformedCase('says that its credential expires at a number', [saysExpiry], { expiresAt: () => 4e12 }),
  malformedCase('says that its credential expires never', [saysExpiry], { expiresAt: () => null }),
  ...[0, 1].map((call) => ({
    what: `says that its credential expires on a wrong date ${call === 0 ? 'before' : 'after'} use`,
    fails: [saysExpiry],
    create() {
      let calls = 0
      return broken({ expiresAt: () => (calls++ === call ? new Date(Number.NaN) : new Date(0)) })
    },
  })),
  changing('another kind', {}, { kind: 'other' }),
  changing('a query name', {}, { queryNames: ['key'] }, [declaresSame, replaces]),
  changing('a merged header', {}, { mergedHeaderNames: [] }),
  changing('that it requires the body', {}, { requiresBody: false }),
  changing('that it requires the request', {}, { requiresRequest: false }),
  changing('another status', { recoverStatuses: [401] }, { recoverStatuses: [401, 403] }),
]
