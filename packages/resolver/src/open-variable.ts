import { AuthError, checkOptions, type TokenSource } from '@outbound-auth/core'
import { isPlainObject } from './copy-definition.js'
import type { SecretHost } from './secret-reference.js'

/** @internal A reference that can be used. */
export interface OpenedReference {
  /** Where the secret is, in words. */
  readonly label: string
  readonly source: TokenSource
  /** For a variable: reads it now. @throws AuthError `ERR_AUTH_MISSING_ENV` (build) */
  readonly check?: () => string
}

/**
 * @internal Opens a reference to a variable; undefined when the value is none.
 *
 * @param use what cannot be done without the secret, in words
 * @param members what the reference may have
 * @throws TypeError when it has something else
 */
export function openVariable(
  value: unknown,
  use: string,
  host: SecretHost,
  members: readonly string[] = ['env'],
): OpenedReference | undefined {
  if (!isPlainObject(value) || !value['env']) return undefined
  checkOptions(use, value, members)
  const { env, optional } = value as { env: string; optional?: unknown }
  const label = `environment variable ${env}`
  const check = () => {
    const variables = host.env ?? globalThis.process?.env ?? {}
    const text = Object.hasOwn(variables, env) && variables[env]?.trim()
    if (text || optional) return text || ''
    throw AuthError.build(`${use}: ${label} is unset or blank`, { code: 'ERR_AUTH_MISSING_ENV' })
  }
  return { label, source: Object.assign(() => check(), { refreshIntervalMs: 1000 }), check }
}
