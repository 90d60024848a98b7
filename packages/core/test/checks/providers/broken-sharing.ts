import type { AuthRequest, HeaderMap } from '../../../src/index.js'
import { immediateApply } from '../../../src/provider.js'
import { abort, apart, type BrokenProvider, broken, name, same, sync, value } from './broken-provider.js'
import { keyAuthOnRequest } from './broken-providers.js'

const atOnce = 'applies at once'

/** Applies as it should, and does something else in addAuthHeaders(). */
function synchronous(
  what: string,
  fails: readonly string[],
  addAuthHeaders: (map: HeaderMap, isWarm: boolean) => unknown,
): BrokenProvider {
  const create = () => {
    let isWarm = false
    return broken({
      addAuthHeaders: (map) => addAuthHeaders(map, isWarm) as undefined,
      async applyAuth(request) {
        isWarm = true
        return keyAuthOnRequest(request)
      },
    })
  }
  return { what, fails, create }
}

/** Returns this part of the request that it was given last. */
function mixing(what: string, partOf: (last: AuthRequest) => Partial<AuthRequest>): BrokenProvider {
  const create = () => {
    let last: AuthRequest | undefined
    return broken({
      async applyAuth(request) {
        last = request
        await Promise.resolve()
        return { ...(await keyAuthOnRequest(request)), ...partOf(last) }
      },
    })
  }
  return { what: `mixes ${what} of requests`, fails: [apart], create }
}

/** Sets nothing on the requests of this index, of those that are under way. */
function dropping(what: string, isDropped: (index: number) => boolean): BrokenProvider {
  const create = () => {
    let running = 0
    return broken({
      async applyAuth(request) {
        const index = running++
        await Promise.resolve()
        running = 0
        return isDropped(index) ? request : keyAuthOnRequest(request)
      },
    })
  }
  return { what, fails: [apart], create }
}

const isHeaders = (map: HeaderMap) => map instanceof Headers

/** Providers that cannot be shared by all clients of a process. */
export const brokenSharing: readonly BrokenProvider[] = [
  synchronous('throws when it is warm', [sync, same], (map, isWarm) => {
    if (isWarm && ![...map].length) throw new RangeError('There is no caller')
    map.set(name, value)
  }),
  synchronous('throws for a Headers', [sync, same], (map) => {
    if (isHeaders(map) && ![...map].length) throw new RangeError('There is no caller')
    map.set(name, value)
  }),
  synchronous('throws for a light map', [sync, same], (map) => {
    if (!isHeaders(map) && ![...map].length) throw new RangeError('There is no caller')
    map.set(name, value)
  }),
  synchronous('returns the map when it is warm', [sync], (map, isWarm) => {
    map.set(name, value)
    return isWarm ? map : undefined
  }),
  synchronous('returns false for a Headers', [sync], (map) => {
    map.set(name, value)
    return isHeaders(map) ? false : undefined
  }),
  synchronous('removes its header at the second call', [same], (map) => {
    if (map.has(name)) map.delete(name)
    else map.set(name, value)
  }),
  synchronous('sets nothing on a Headers', [same], (map) => {
    if (!isHeaders(map)) map.set(name, value)
  }),
  {
    what: 'sets its second header at the second call',
    fails: [same],
    create: () => {
      const second = 'x-second'
      return broken({
        headerNames: [name, second],
        addAuthHeaders(map) {
          if (map.has(name)) map.set(second, value)
          else map.set(name, value)
        },
        applyAuth: keyAuthOnRequest,
      })
    },
  },
  {
    what: 'sets a header from its fifth call on',
    fails: [same],
    create() {
      let calls = 0
      return broken({
        addAuthHeaders(map) {
          if (++calls > 4) map.set(name, value)
        },
        applyAuth: keyAuthOnRequest,
      })
    },
  },
  {
    what: 'applies nothing at once',
    fails: [atOnce],
    create: () => broken({ applyAuth: immediateApply((request) => request, keyAuthOnRequest) }),
  },
  mixing('headers', ({ headers }) => ({ headers })),
  mixing('URLs', ({ url }) => ({ url })),
  mixing('bodies', ({ body }) => ({ body })),
  dropping('authenticates the first of many requests alone', (index) => index > 0),
  dropping('drops the last of 100 requests', (index) => index === 99),
  {
    what: 'answers an abort with an error of the platform',
    fails: [abort],
    create: () =>
      broken({
        async applyAuth(request, options) {
          if (options?.signal?.aborted) throw new DOMException('Aborted', 'AbortError')
          return keyAuthOnRequest(request)
        },
      }),
  },
]
