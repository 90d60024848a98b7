import type { AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { setQueryParameter } from '../lib/query-parameter.js'

/**
 * Headers that describe what a client accepts; every other one may be a credential, and stays at the allowed origins.
 */
const harmlessHeaders = /^(accept(-.*)?|cache-control|content-language|if-.*|pragma|range|user-agent)$/

/**
 * The same URL and headers with nothing in them that may be a credential, for a request that leaves the allowed
 * origins.
 */
export function stripCredentials(
  { queryNames = [] }: AuthProvider,
  text: string,
  init: HeaderMapInit,
): { url: string; headers: HeaderMap } {
  let url = text
  for (const name of queryNames) url = setQueryParameter(url, name, undefined)
  const headers = createHeaderMap(init)
  for (const [name] of [...headers]) if (!harmlessHeaders.test(name)) headers.delete(name)
  return { url, headers }
}
