import { type AuthProvider, type AuthRequest, createHeaderMap, type HeaderMap } from '../../../src/index.js'
import { getQueryParameter, setQueryParameter } from '../../../src/provider.js'
import { queryAuth, secret, signatureAuth } from '../sample-providers.js'
import {
  appliedAgain,
  authenticates,
  type BrokenProvider,
  body,
  broken,
  fresh,
  headers,
  method,
  name,
  replaces,
  signs,
  url,
  value,
} from './broken-provider.js'

/** Sets its header, and then does something else to the request. */
function afterwards(
  what: string,
  fails: readonly string[],
  change: (request: AuthRequest) => Partial<AuthRequest> | undefined,
  others: Partial<AuthProvider> = {},
): BrokenProvider {
  const create = () =>
    broken({
      async applyAuth(request) {
        request.headers.set(name, value)
        return { ...request, ...change(request) }
      },
      ...others,
    })
  return { what, fails, create }
}

/** Sets its header unless the request already has a credential that this function accepts. */
function accepting(
  what: string,
  fails: readonly string[],
  isGood: (sent: string, headers: HeaderMap) => boolean,
  own = value,
): BrokenProvider {
  const create = () =>
    broken({
      addAuthHeaders(map) {
        const sent = map.get(name)
        if (sent === null || !isGood(sent, map)) map.set(name, own)
      },
    })
  return { what, fails, create }
}

/** Sets its query parameter in another way. */
function inQuery(what: string, fails: readonly string[], change: (url: string) => string): BrokenProvider {
  const create = () => ({
    ...queryAuth(secret),
    async applyAuth(request: AuthRequest) {
      return { ...request, url: change(request.url) }
    },
  })
  return { what, fails, create }
}

const parameter = `api%20key=${encodeURIComponent(secret)}`
const isHeaders = (map: HeaderMap) => map instanceof Headers

/** A map as a client makes it: a name may stand in it twice. */
function repeating(map: HeaderMap): HeaderMap {
  const copy = createHeaderMap(map)
  return { ...copy, [Symbol.iterator]: () => [...copy, ['X-Key', 'another'] as [string, string]].values() }
}

/** Providers that do something to a request that the contract forbids. */
export const brokenRequests: readonly BrokenProvider[] = [
  ...['HEAD', 'POST', 'PUT', 'DELETE'].map((unsigned) =>
    afterwards(`lets ${unsigned} requests go out unsigned`, [authenticates], (request) => {
      if (request.method === unsigned) request.headers.delete(name)
      return undefined
    }),
  ),
  accepting('sends an empty credential', [authenticates, fresh], () => false, ''),
  inQuery('sends an empty query parameter', [authenticates, fresh], (url) =>
    setQueryParameter(url, 'api key', ''),
  ),
  {
    what: 'declares a header and a query parameter, and sets neither on a GET',
    fails: [authenticates],
    create: () =>
      broken({
        queryNames: ['api key'],
        async applyAuth(request) {
          if (request.method === 'GET') return request
          request.headers.set(name, value)
          return { ...request, url: setQueryParameter(request.url, 'api key', secret) }
        },
      }),
  },
  afterwards("deletes the caller's header", [headers], ({ headers }) => {
    headers.delete('x-caller-header')
    return undefined
  }),
  afterwards("changes the caller's header", [headers], ({ headers }) => {
    if (headers.has('x-caller-header')) headers.set('x-caller-header', 'a')
    return undefined
  }),
  afterwards('adds a query parameter that it does not declare', [url], ({ url }) => ({ url: `${url}&a=1` })),
  afterwards('changes a query parameter that it does not declare', [url], ({ url }) => ({
    url: setQueryParameter(url, 'empty', '1'),
  })),
  afterwards('changes a query parameter after a question mark', [url], ({ url }) => ({
    url: url.replace('empty', 'empty?a'),
  })),
  afterwards('makes one query parameter of two', [url], ({ url }) => ({ url: url.replace('&', '') })),
  {
    ...afterwards('drops a question mark in the query', [url], ({ url }) => ({
      url: url.replace('?b', 'b'),
    })),
    request: () => ({ method: 'GET', url: 'https://a.example/?a?b', headers: createHeaderMap() }),
  },
  inQuery('sends its query parameter under another path', [url], (url) =>
    setQueryParameter(url.replace('/v1/', '/v2/'), 'api key', secret),
  ),
  afterwards('sends every request as a POST', [method], () => ({ method: 'POST' })),
  afterwards('copies bytes', [body], ({ body }) =>
    body instanceof Uint8Array ? { body: body.slice() } : {},
  ),
  afterwards('rewrites a text', [body], ({ body }) =>
    typeof body === 'string' && body.startsWith('{"count":2') ? { body: `${body} ` } : {},
  ),
  ...[Blob, FormData].map((type) =>
    afterwards(`drops a ${type.name}`, [body], ({ body }) => (body instanceof type ? { body: '' } : {})),
  ),
  afterwards('locks a stream', [body], ({ body }) => {
    if (body instanceof ReadableStream) body.getReader()
    return undefined
  }),
  {
    what: 'reads a stream, and lets go of it',
    fails: [body],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          if (request.body instanceof ReadableStream) {
            const reader = request.body.getReader()
            await reader.read()
            reader.releaseLock()
          }
          return request
        },
      }),
  },
  afterwards('overwrites bytes', [body], ({ body }) => {
    if (body instanceof Uint8Array) body[0] = 0
    return undefined
  }),
  {
    what: 'requires the body, and signs the kind of the body',
    fails: [signs],
    create() {
      const sound = signatureAuth(secret)
      return {
        ...sound,
        async applyAuth(request) {
          request.headers.set('authorization', `Signature ${typeof request.body}`)
          return request
        },
      }
    },
  },
  accepting("keeps the caller's header in a Headers", [replaces], (sent, map) => {
    return isHeaders(map) && !sent.startsWith('Key ')
  }),
  accepting("keeps the caller's header in a light map", [replaces], (sent, map) => {
    return !isHeaders(map) && !sent.startsWith('Key ')
  }),
  {
    what: "adds to the caller's header",
    fails: [replaces],
    create: () =>
      broken({
        addAuthHeaders(map) {
          const sent = map.get(name) ?? value
          map.set(name, sent.startsWith('Key ') ? value : `${value}, ${sent}`)
        },
      }),
  },
  inQuery("replaces only the first query parameter of the caller's", [replaces], (url) => {
    if (getQueryParameter(url, 'api key') === undefined) return `${url}&${parameter}`
    return url.replace(/api%20key=[^&]*/, () => parameter)
  }),
  inQuery("replaces only the last query parameter of the caller's", [replaces], (url) => {
    if (getQueryParameter(url, 'api key') === undefined) return `${url}&${parameter}`
    return url.replace(/api%20key=[^&]*$/, () => parameter)
  }),
  accepting('takes an old credential in a Headers for a good one', [fresh], (sent, map) => {
    return isHeaders(map) && sent.startsWith('Key ')
  }),
  accepting('takes an old credential in a light map for a good one', [fresh], (sent, map) => {
    return !isHeaders(map) && sent.startsWith('Key ')
  }),
  accepting(
    'takes an old credential of its own form for a good one',
    [fresh],
    (sent) => /^Key planted\+secret\/[A-Z\d]==$/.test(sent),
    'Key planted+secret/1==',
  ),
  inQuery('takes an old query parameter for a good one', [fresh], (url) => {
    return getQueryParameter(url, 'api key')?.startsWith('planted')
      ? url
      : setQueryParameter(url, 'api key', secret)
  }),
  {
    what: 'adds its credential to its own in a Headers',
    fails: [appliedAgain],
    create: () =>
      broken({
        addAuthHeaders(map) {
          const isSent = isHeaders(map) && map.get(name) === value
          map.set(name, isSent ? `${value}, ${value}` : value)
        },
      }),
  },
  inQuery('adds its query parameter to its own', [appliedAgain], (url) =>
    getQueryParameter(url, 'api key') === secret
      ? `${url}&${parameter}`
      : setQueryParameter(url, 'api key', secret),
  ),
  {
    what: 'returns a map with its header twice',
    fails: [headers, replaces, appliedAgain],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          return { ...request, headers: repeating(request.headers) }
        },
      }),
  },
]
