import type { AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap } from '../contract/header-map.js'
import { addListMember } from '../contract/list-member.js'
import { combineAuth } from './combine-auth.js'

/**
 * Returns a provider that also adds members to list headers, such as `anthropic-beta`. Each member is added once to the
 * members that the caller has set.
 *
 * @param headers the members of each header, as the header has them: `{ 'anthropic-beta': 'oauth-2025-04-20' }`
 * @throws TypeError when `provider` is not a provider, or a header may hold a credential, is set by the provider, or is
 * set or dropped by the transport
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build) when a member is not a legal header value
 * @example
 * const auth = withListHeaders(bearerAuth({ token }), { 'anthropic-beta': 'oauth-2025-04-20' })
 */
export function withListHeaders<K extends string>(
  provider: AuthProvider & { readonly kind: K },
  headers: Readonly<Record<string, string>>,
): AuthProvider & { readonly kind: K } {
  const members = [...createHeaderMap(headers, 'withListHeaders')]
  const addMembers: AuthProvider = {
    kind: 'list-headers',
    headerNames: [],
    mergedHeaderNames: members.map(([name]) => name),
    addAuthHeaders(target) {
      for (const [name, list] of members) addListMember(target, name, list)
    },
  }
  // The members come first, because a signer must be last.
  const combined = Object.getOwnPropertyDescriptors(combineAuth(addMembers, provider))
  const kind = { value: provider.kind, enumerable: true }
  return Object.defineProperties({}, { ...combined, kind }) as AuthProvider & { readonly kind: K }
}
