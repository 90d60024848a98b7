import { accessSync, constants } from 'node:fs'
import { AuthError } from '@outbound-auth/core'

/** A database whose URL is known. */
type StoreName = 'redis' | 'postgres'

interface Schemes {
  readonly pattern: RegExp
  readonly names: string
}

const schemes: Readonly<Record<StoreName, Schemes>> = {
  redis: { pattern: /^rediss?:\/\//i, names: 'redis:// or rediss://' },
  postgres: { pattern: /^postgres(ql)?:\/\//i, names: 'postgres:// or postgresql://' },
}

/**
 * Checks the URL of a database before its client does: the clients quote a malformed URL and with it its password,
 * ignore a fragment, and report a malformed part like an outage.
 *
 * @returns the URL
 * @throws AuthError `ERR_AUTH_STORE_ACCESS` (build), without the URL
 */
export function checkStoreUrl(store: StoreName, url: string | undefined): string {
  const problem = problemOf(store, url ?? '')
  if (problem === undefined && url !== undefined) return url
  throw AuthError.build(`Cannot open the store: store.${store}.url ${problem}`, {
    code: 'ERR_AUTH_STORE_ACCESS',
  })
}

function problemOf(store: StoreName, url: string): string | undefined {
  const { pattern, names } = schemes[store]
  if (!pattern.test(url) || !URL.canParse(url))
    return `must be a URL that begins with ${names}. Percent-encode special characters of its password`
  const { username, password, pathname, hash, searchParams } = new URL(url)
  if (hash !== '') return 'has a #, which ends the address. In a password, write # as %23'
  if (![username, password, pathname].every(canDecode))
    return 'has a malformed % in its user name, password or path. Write % as %25'
  if (store === 'redis' && !/^\/?\d*$/.test(pathname))
    return 'must end with the number of a database, such as /0, or with the port'
  const missing = store === 'postgres' && fileParameters.find((name) => !canRead(searchParams.get(name)))
  return missing ? `names a file with ${missing} that cannot be read` : undefined
}

/** Parameters of a URL of PostgreSQL that name files. */
const fileParameters = ['sslrootcert', 'sslcert', 'sslkey']

function canRead(file: string | null): boolean {
  try {
    if (file) accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
