import { AuthError, type AuthErrorCode, checkOptions, type TokenSource } from '@outbound-auth/core'
import { isPlainObject } from './copy-definition.js'
import type { SecretHost } from './secret-reference.js'

/** @internal A reference that can be used. */
export interface OpenedReference<Source = TokenSource> {
  /** Where the secret is, in words. */
  readonly label: string
  readonly source: Source
}

/** @internal A variable as it was when it was opened; undefined when it is optional and not set. */
export interface OpenedVariable extends OpenedReference {
  readonly text: string | undefined
}

/** @internal Where one opening of a definition reads variables; for each there is noted what tells whether it is still the same. */
export interface VariableHost extends SecretHost {
  readonly noted: (() => boolean)[]
}

interface Untyped {
  readonly env?: unknown
  readonly optional?: boolean
  readonly file?: unknown
  readonly command?: unknown
}

/**
 * @internal Opens a reference to a variable, and reads it; undefined when the value is none.
 *
 * @param use what cannot be done without the secret, in words
 * @param members what the reference may have
 * @throws TypeError when it has something else; AuthError (build) `ERR_AUTH_MISSING_ENV`, or `ERR_AUTH_UNSUPPORTED` when it is a
 * file or a command
 */
export function openVariable(
  value: unknown,
  use: string,
  host: VariableHost,
  members: readonly string[] = ['env'],
): OpenedVariable | undefined {
  if (!isPlainObject(value)) return undefined
  // A copy, so it inherits nothing.
  const { env, optional, file, command }: Untyped = value
  const fail = (code: AuthErrorCode, problem: string): never => {
    throw AuthError.build(`${use}: ${problem}`, { code })
  }
  if (file ?? command) fail('ERR_AUTH_UNSUPPORTED', 'files and commands need Node')
  if (env === undefined) return undefined
  checkOptions(use, value, members)
  if (typeof env !== 'string' || !env.trim()) throw new TypeError(`${use}: env is no name`)
  const label = `environment variable ${env}`
  const read = () => {
    const variables = host.env ?? globalThis.process?.env ?? {}
    return (Object.hasOwn(variables, env) && variables[env]?.trim()) || undefined
  }
  const text = read()
  host.noted.push(() => read() === text)
  if (!text && optional !== true) fail('ERR_AUTH_MISSING_ENV', `${label} is unset or blank; set it`)
  // It stays the same: when the variable changes, the whole definition is opened anew.
  return { label, text, source: Object.assign(() => text as string, { refreshIntervalMs: 0 }) }
}
