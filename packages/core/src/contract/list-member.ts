import { checkHeaderValue, type HeaderMap } from './header-map.js'

/**
 * Adds members to a list header, and keeps those that are there: what a provider does for its `mergedHeaderNames`. A
 * member that is there already, in any letter case, is not added again.
 *
 * @param members of the list, as a header has it: `oauth-2025-04-20,files-api-2025-04-14`
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build) when a member is not a legal header value
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1
 */
export function addListMember(headers: HeaderMap, name: string, members: string): void {
  const present = headers.get(name) ?? ''
  const known = new Set(membersOf(present).map((member) => member.toLowerCase()))
  const missing = membersOf(members).filter((member) => !known.has(member.toLowerCase()))
  if (missing.length === 0) return
  const value = [...(present.trim() === '' ? [] : [present]), ...missing].join(', ')
  checkHeaderValue(name, value)
  headers.set(name, value)
}

function membersOf(list: string): string[] {
  return list.split(',').flatMap((member) => member.trim() || [])
}
