import { AuthError, type AuthErrorCode, checkOptions, type TokenSource } from '@outbound-auth/core'
import { isPlainObject } from './copy-definition.js'
import type { SecretHost } from './secret-reference.js'

/** @internal A reference that can be used. */
export interface OpenedReference<Source = TokenSource> {
  /** Where the secret is, in words. */
  readonly label: string
  readonly source: Source
  /** For a variable: reads it now. @throws AuthError `ERR_AUTH_MISSING_ENV` (build) */
  readonly check?: () => string | undefined
}

interface Untyped {
  readonly env?: string
  readonly optional?: boolean
  readonly file?: unknown
  readonly command?: unknown
}

/**
 * @internal Opens a reference to a variable; undefined when the value is none.
 *
 * @param use what cannot be done without the secret, in words
 * @param members what the reference may have
 * @throws TypeError when it has something else; AuthError `ERR_AUTH_UNSUPPORTED` (build) when it is a file or a command
 */
export function openVariable(
  value: unknown,
  use: string,
  host: SecretHost,
  members: readonly string[] = ['env'],
): OpenedReference | undefined {
  const { env, optional, file, command } = (isPlainObject(value) ? value : {}) as Untyped
  const fail = (code: AuthErrorCode, problem: string): never => {
    throw AuthError.build(`${use}: ${problem}`, { code })
  }
  if (file ?? command) fail('ERR_AUTH_UNSUPPORTED', 'files and commands need Node')
  if (!env) return undefined
  checkOptions(use, value as object, members)
  const label = `environment variable ${env}`
  const check = () => {
    const variables = host.env ?? globalThis.process?.env ?? {}
    return (
      (Object.hasOwn(variables, env) && variables[env]?.trim()) ||
      (optional === true ? undefined : fail('ERR_AUTH_MISSING_ENV', `${label} is unset or blank; set it`))
    )
  }
  const source = check as () => string
  return { label, source: Object.assign(source, { refreshIntervalMs: 1000 }), check }
}
