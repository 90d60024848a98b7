import { AuthError, type AuthProvider, type AuthRejection } from '../../../src/index.js'
import { setQueryParameter } from '../../../src/provider.js'
import { queryAuth, secret, signatureAuth } from '../sample-providers.js'
import {
  abort,
  answers,
  apart,
  appliedAgain,
  authenticates,
  type BrokenProvider,
  body,
  broken,
  declares,
  declaresSame,
  fresh,
  headers,
  method,
  name,
  replaces,
  same,
  saysReady,
  signs,
  sync,
  url,
  usable,
  value,
} from './broken-provider.js'

const arrives = 'declares no header'

export const brokenProviders: readonly BrokenProvider[] = [
  {
    what: 'throws when asked whether it is ready',
    fails: [saysReady],
    create: () =>
      broken({
        isReady() {
          throw new Error('asked too early')
        },
      }),
  },
  {
    what: 'answers with a promise when asked whether it is ready',
    fails: [saysReady],
    create: () => broken({ isReady: (async () => true) as unknown as () => boolean }),
  },
  { what: 'has no kind', fails: [declares], create: () => broken({ kind: '' }) },
  {
    what: 'declares its header in mixed case',
    fails: [declares],
    create: () => broken({ headerNames: ['X-Key'] }),
  },
  {
    what: 'declares what is no header name',
    fails: [declares, replaces, appliedAgain, fresh],
    create: () => broken({ headerNames: [name, 'x key'], addAuthHeaders: (map) => map.set(name, value) }),
  },
  ...['host', 'content-type', 'sec-key'].map((place) => ({
    what: `puts its credential into ${place}`,
    fails: [arrives],
    create: () => broken({ headerNames: [place], addAuthHeaders: (map) => map.set(place, value) }),
  })),
  {
    what: 'declares a header of the connection beside its credential',
    fails: [arrives],
    create: () => broken({ headerNames: [name, 'connection'] }),
  },
  {
    what: 'requires the body, and signs something else',
    fails: [signs],
    create: () =>
      broken({
        requiresBody: true,
        async applyAuth(request) {
          request.headers.set(name, value)
          return request
        },
      }),
  },
  { what: 'declares a header twice', fails: [declares], create: () => broken({ headerNames: [name, name] }) },
  {
    what: 'recovers from a success',
    fails: [declares],
    create: () => broken({ recover: async () => false, recoverStatuses: [200] }),
  },
  {
    what: 'wants the body in addAuthHeaders()',
    fails: [declares, signs],
    create: () => broken({ requiresBody: true }),
  },
  {
    what: 'declares a header only after it has set it',
    fails: [declaresSame],
    create() {
      const headerNames = [name]
      return broken({
        headerNames,
        addAuthHeaders(map) {
          map.set(name, value)
          if (!headerNames.includes('x-late')) headerNames.push('x-late')
        },
      })
    },
  },
  {
    what: 'lets GET requests go out unsigned',
    fails: [authenticates],
    create: () =>
      broken({
        async applyAuth(request) {
          if (request.method === 'GET') request.headers.delete(name)
          else request.headers.set(name, value)
          return request
        },
      }),
  },
  {
    what: "does not declare the credential's header first",
    fails: [authenticates],
    create: () => broken({ headerNames: ['x-account', name] }),
  },
  {
    what: 'sets a header that it does not declare',
    fails: [headers],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set('x-account', '1')
          request.headers.set(name, value)
          return request
        },
      }),
  },
  {
    what: 'adds a header that it does not declare',
    fails: [headers],
    create: () =>
      broken({
        applyAuth: keyAuthOnRequest,
        addAuthHeaders(map) {
          map.set(name, value)
          map.delete('accept')
        },
      }),
  },
  {
    what: 'serialises the query anew',
    fails: [url],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          const parsed = new URL(request.url)
          parsed.searchParams.sort()
          return { ...request, url: parsed.href }
        },
      }),
  },
  {
    what: 'sends the request to another origin',
    fails: [url],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          return { ...request, url: request.url.replace('api.', 'login.') }
        },
      }),
  },
  {
    what: 'writes the method in lower case',
    fails: [method],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          return { ...request, method: request.method.toLowerCase() }
        },
      }),
  },
  {
    what: 'reads a body that it did not ask for',
    fails: [body],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          if (request.body instanceof ReadableStream) await request.body.getReader().read()
          return request
        },
      }),
  },
  {
    what: 'serialises the body of the caller',
    fails: [body],
    create: () =>
      broken({
        async applyAuth(request) {
          request.headers.set(name, value)
          const isForm = request.body instanceof URLSearchParams
          return isForm ? { ...request, body: `${request.body}` } : request
        },
      }),
  },
  {
    what: 'overwrites the bytes that it signs',
    fails: [body],
    create() {
      const sound = signatureAuth(secret)
      return {
        ...sound,
        async applyAuth(request) {
          if (request.body instanceof Uint8Array) request.body.fill(0)
          return sound.applyAuth?.(request) ?? request
        },
      }
    },
  },
  {
    what: "keeps the caller's header",
    fails: [replaces],
    create: () =>
      broken({
        async applyAuth(request) {
          const sent = request.headers.get(name)
          if (sent === null || sent.startsWith('Key ')) request.headers.set(name, value)
          return request
        },
      }),
  },
  {
    what: "appends to the caller's query parameter",
    fails: [replaces],
    create: () => ({
      ...queryAuth(secret),
      async applyAuth(request) {
        if (!request.url.includes('planted')) request.url += `&api%20key=${encodeURIComponent(secret)}`
        else request.url = setQueryParameter(request.url, 'api key', secret)
        return request
      },
    }),
  },
  {
    what: 'appends to its own header',
    fails: [appliedAgain],
    create: () =>
      broken({
        async applyAuth(request) {
          const isSent = request.headers.get(name) === value
          request.headers.set(name, isSent ? `${value}, ${value}` : value)
          return request
        },
      }),
  },
  {
    what: 'takes an old credential for a good one',
    fails: [fresh],
    create: () =>
      broken({
        async applyAuth(request) {
          if (!request.headers.get(name)?.startsWith('Key ')) request.headers.set(name, value)
          return request
        },
      }),
  },
  {
    what: 'appends where the platform lets it',
    fails: [replaces, appliedAgain, fresh],
    create: () =>
      broken({
        addAuthHeaders(map) {
          if (map instanceof Headers) map.append(name, value)
          else map.set(name, value)
        },
      }),
  },
  {
    what: 'awaits in addAuthHeaders()',
    fails: [sync],
    create: () =>
      broken({
        applyAuth: keyAuthOnRequest,
        addAuthHeaders: (async (map: Headers) => map.set(name, value)) as AuthProvider['addAuthHeaders'],
      }),
  },
  {
    what: 'throws while it is cold',
    fails: [sync],
    create() {
      let isWarm = false
      return broken({
        addAuthHeaders(map) {
          if (!isWarm) throw AuthError.transient('There is no key yet', { code: 'ERR_AUTH_NOT_READY' })
          map.set(name, value)
        },
        async applyAuth(request) {
          isWarm = true
          request.headers.set(name, value)
          return request
        },
        recover: async () => false,
      })
    },
  },
  {
    what: 'adds its headers only once',
    fails: [same],
    create() {
      let isUsed = false
      return broken({
        applyAuth: keyAuthOnRequest,
        addAuthHeaders(map) {
          if (!isUsed) map.set(name, value)
          isUsed = true
        },
      })
    },
  },
  {
    what: 'keeps the request at hand across a wait',
    fails: [apart],
    create() {
      let current: Parameters<NonNullable<AuthProvider['applyAuth']>>[0] | undefined
      return broken({
        async applyAuth(request) {
          current = request
          await Promise.resolve()
          current.headers.set(name, value)
          return current
        },
      })
    },
  },
  {
    what: 'wraps the reason of an abort',
    fails: [abort],
    create: () =>
      broken({
        async applyAuth(request, options) {
          if (options?.signal?.aborted) throw AuthError.build('Aborted', { code: 'ERR_AUTH_ABORTED' })
          return keyAuthOnRequest(request)
        },
      }),
  },
  {
    what: 'gives no answer from recover()',
    fails: [answers],
    create: () => broken({ recover: (async () => {}) as unknown as () => Promise<boolean> }),
  },
  {
    what: 'parses whatever was answered',
    fails: [answers],
    create: () =>
      broken({
        async recover({ readBody }: AuthRejection) {
          const text = await readBody()
          return text !== '' && JSON.parse(text).error.code === 'expired'
        },
      }),
  },
  {
    what: 'forgets its credential after a refusal',
    fails: [usable],
    create() {
      let isRefused = false
      return broken({
        async applyAuth(request) {
          if (!isRefused) request.headers.set(name, value)
          return request
        },
        recover: async () => {
          isRefused = true
          return false
        },
      })
    },
  },
]

/** The sound way. */
export async function keyAuthOnRequest<T extends { headers: { set(name: string, value: string): void } }>(
  request: T,
): Promise<T> {
  request.headers.set(name, value)
  return request
}
