import { partsOf } from '../apply/combine-auth.js'
import type { AuthBinding, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { credentialHeaders, isCredentialName } from '../lib/credential-name.js'
import { getQueryParameter } from '../lib/query-parameter.js'

/** Signers set these beside the credential. They are no secret, and a presigned URL holds equal ones. */
const openName = /date$|content-sha256$/

/** Of several parameters behind a scheme (`Digest`, `AWS4-HMAC-SHA256`), only these prove anything. */
const provingName = /^(signature|response)$|token|secret|password|key$/i

/**
 * The credentials that a request carried, and what they consist of: `Bearer t` and `t`, the password of `Basic`, each
 * cookie. An origin that is not allowed must see none of them in a URL.
 */
export function sentCredentials(
  request: Pick<AuthRequest, 'url' | 'headers'>,
  provider: AuthProvider,
  binding: Partial<AuthBinding> = {},
): Set<string> {
  const found = new Set<string>()
  const parts = (provider as { [partsOf]?: readonly AuthProvider[] })[partsOf] ?? [provider]
  const first = parts.map(({ headerNames }) => headerNames[0])
  const declared = provider.headerNames.filter((name) => !openName.test(name))
  const fixed = [...(binding.headers ?? [])].map(([name]) => name).filter(isCredentialName)
  for (const name of new Set([
    ...declared,
    ...credentialHeaders,
    ...(binding.secretHeaderNames ?? []),
    ...fixed,
  ])) {
    const value = request.headers.get(name)
    // A short static value beside the credential (`true`, a region) would be found by accident.
    const isSide = declared.includes(name) && !first.includes(name) && !isCredentialName(name)
    for (const piece of value === null ? [] : piecesOf(value)) {
      if (piece.length >= 8 || !isSide) found.add(piece)
    }
  }
  const fixedQuery = Object.keys(binding.query ?? {}).filter(isCredentialName)
  for (const name of [...(provider.queryNames ?? []), ...fixedQuery]) {
    const value = getQueryParameter(request.url, name)
    if (value !== undefined) found.add(value)
  }
  found.delete('')
  return found
}

function piecesOf(value: string): string[] {
  const [, scheme, rest = value] = /^([\w-]+)\s+(\S.*)$/.exec(value) ?? []
  const pieces = [value, rest]
  if (/^basic$/i.test(scheme ?? '')) pieces.push(...passwordOf(rest))
  const parameters = rest.split(/[\s,;]+/).filter((text) => text.includes('='))
  for (const parameter of parameters) {
    const [name = ''] = parameter.split('=', 1)
    const piece = parameter.slice(name.length + 1).replaceAll('"', '')
    const isAlone = parameters.length === 1
    // The padding of base64 looks like the value of a parameter.
    if (/^=*$/.test(piece)) continue
    if (isAlone || (piece.length >= 8 && (!scheme || provingName.test(name)))) pieces.push(piece)
  }
  return pieces.map((piece) => piece.trim())
}

/** Some services take the key as the user name, and an empty password. */
function passwordOf(encoded: string): string[] {
  try {
    const pair = atob(encoded)
    const at = pair.indexOf(':')
    return [pair, pair.slice(at + 1) || pair.slice(0, at)]
  } catch {
    return []
  }
}
