import type { AuthProvider, AuthRequest } from '../../../src/index.js'
import { type AuthResponse, addListMember } from '../../../src/provider.js'
import { adds, type BrokenProvider, broken, merges } from './broken-provider.js'

const places = 'signs method and URL'
const notes = 'noteResponse() takes'

function merging(name: string, merge: (headers: Parameters<AuthProvider['addAuthHeaders']>[0]) => void) {
  return broken({
    mergedHeaderNames: [name],
    addAuthHeaders(headers) {
      headers.set('x-key', 'Key planted+secret/1')
      merge(headers)
    },
  })
}

/** Throws at a response. */
function throwing(what: string, isFatal: (response: AuthResponse) => boolean): BrokenProvider {
  const create = () =>
    broken({
      noteResponse(response) {
        if (isFatal(response)) throw new RangeError('Not expected')
      },
    })
  return { what: `throws at ${what}`, fails: [notes], create }
}

/** Signs this part of a request. */
function signing(what: string, partOf: (request: AuthRequest) => string): BrokenProvider {
  const create = () =>
    broken({
      requiresRequest: true,
      async applyAuth(request) {
        request.headers.set('x-key', `Key ${btoa(partOf(request))}`)
        return request
      },
    })
  return { what: `requires the request, and signs its ${what}`, fails: [places], create }
}

/** Providers that break what the contract says of list headers, of the place of a request, and of responses. */
export const brokenNotes: readonly BrokenProvider[] = [
  {
    what: 'merges a header that holds a credential',
    fails: [merges],
    create: () => merging('x-api-key', (headers) => addListMember(headers, 'x-api-key', 'a')),
  },
  {
    what: 'merges a header that it replaces as well',
    fails: [merges, 'replaces what the caller has set', 'puts a fresh credential'],
    create: () => ({
      ...merging('x-features', (headers) => addListMember(headers, 'x-features', 'a')),
      headerNames: ['x-key', 'x-features'],
    }),
  },
  {
    what: 'replaces a list header',
    fails: [adds],
    create: () => merging('x-features', (headers) => headers.set('x-features', 'a')),
  },
  {
    what: 'adds to a list header each time',
    fails: [adds],
    create: () =>
      merging('x-features', (headers) => {
        const members = headers.get('x-features')
        headers.set('x-features', members === null ? 'a' : `${members}, a`)
      }),
  },
  {
    what: 'compares members letter by letter',
    fails: [adds],
    create: () =>
      merging('x-features', (headers) => {
        const members = headers.get('x-features')?.split(', ') ?? []
        if (!members.includes('a')) headers.set('x-features', [...members, 'a'].join(', '))
      }),
  },
  {
    what: 'never sets the list header that it declares',
    fails: [adds],
    create: () => merging('x-features', () => {}),
  },
  {
    what: 'requires the request, and signs something else',
    fails: [places],
    create: () =>
      broken({
        requiresRequest: true,
        async applyAuth(request) {
          request.headers.set('x-key', 'Key planted+secret/1')
          return request
        },
      }),
  },
  {
    what: 'signs the URL alone, and not the method',
    fails: [places],
    create: () =>
      broken({
        requiresRequest: true,
        async applyAuth(request) {
          request.headers.set('x-key', `Key ${request.url.length}${request.url.at(-1)}`)
          return request
        },
      }),
  },
  signing('method', ({ method }) => method),
  signing('URL', ({ url }) => url),
  signing('origin and method', ({ method, url }) => method + new URL(url).origin),
  throwing('a response without headers', ({ headers }) => [...headers].length === 0),
  throwing('a response of status 500', ({ status }) => status === 500),
  {
    what: 'throws at a response to a request with its credential',
    fails: [notes],
    create: () =>
      broken({
        noteResponse({ request }) {
          if (request.headers.has('x-key')) throw new RangeError('Not expected')
        },
      }),
  },
  {
    what: 'returns something for a response',
    fails: [notes],
    create: () => broken({ noteResponse: (() => false) as unknown as () => void }),
  },
  {
    what: 'sets an empty member of a list header',
    fails: [adds],
    create: () => merging('x-features', (headers) => headers.set('x-features', ' , a')),
  },
  {
    what: 'replaces a list header in addAuthHeaders() alone',
    fails: [adds],
    create: () => ({
      ...merging('x-features', (headers) => headers.set('x-features', 'a')),
      async applyAuth(request: AuthRequest) {
        request.headers.set('x-key', 'Key planted+secret/1')
        addListMember(request.headers, 'x-features', 'a')
        return request
      },
    }),
  },
  {
    what: "drops the caller's members of a list header",
    fails: [adds],
    create: () =>
      merging('x-features', (headers) => {
        headers.set('x-features', 'a')
      }),
  },
  {
    what: 'throws at a response that it does not expect',
    fails: [notes],
    create: () =>
      broken({
        noteResponse({ headers }) {
          if (headers.get('dpop-nonce') === null) throw new Error('There is no nonce')
        },
      }),
  },
  {
    what: 'takes its time to note a response',
    fails: [notes],
    create: () => broken({ noteResponse: (async () => {}) as () => void }),
  },
  {
    what: 'believes all that a response says',
    fails: [notes],
    create() {
      let nonce = ''
      return broken({
        noteResponse({ headers }) {
          nonce = headers.get('dpop-nonce') ?? nonce
        },
        async applyAuth(request) {
          if (nonce.length > 1000) throw new Error('The nonce is too long')
          request.headers.set('x-key', 'Key planted+secret/1')
          return request
        },
      })
    },
  },
]
