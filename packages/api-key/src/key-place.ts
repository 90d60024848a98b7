import type { AuthRequest, HeaderMap } from '@outbound-auth/core'
import {
  checkCredentialHeader,
  checkHeaderName,
  checkHeaderValue,
  checkOption,
  getQueryParameter,
  setQueryParameter,
} from '@outbound-auth/core/provider'

/** @internal The place of the key in a request. */
export interface KeyPlace {
  readonly names: { readonly headerNames: readonly string[]; readonly queryNames: readonly string[] }
  /** Adds the key to headers. Does nothing if the key is a query parameter. */
  add(headers: HeaderMap, key: string): void
  /** Adds the key to a request, and returns the request. */
  put(request: AuthRequest, key: string): AuthRequest
  /** Reads the key of a request that was sent. */
  read(request: AuthRequest): string | undefined
}

/**
 * @internal
 * @throws TypeError when `header` is not a header name, or is a header that the transport sets or drops
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build) when `prefix` is not a header value
 */
export function inHeader(header: string, prefix = ''): KeyPlace {
  checkOption('header', () => {
    checkCredentialHeader('apiKeyAuth: header', header)
    checkHeaderName(header)
  })
  checkOption('prefix', () => checkHeaderValue(header, prefix, 'api-key'))
  const name = header.toLowerCase()
  const add = (headers: HeaderMap, key: string) => headers.set(name, prefix + key)
  return {
    names: { headerNames: [name], queryNames: [] },
    add,
    put(request, key) {
      add(request.headers, key)
      return request
    },
    read: ({ headers }) => headers.get(name)?.slice(prefix.length),
  }
}

/** @internal */
export function inQuery(name: string): KeyPlace {
  return {
    names: { headerNames: [], queryNames: [name] },
    add() {},
    put(request, key) {
      request.url = setQueryParameter(request.url, name, key)
      return request
    },
    read: ({ url }) => getQueryParameter(url, name),
  }
}
