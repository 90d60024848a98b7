import { AuthError, type TokenSource } from '@outbound-auth/core'
import { checkOptions } from '@outbound-auth/core/provider'
import { isPlainObject } from '../definition/copy-definition.js'
import type { SecretHost } from '../definition/secret-reference.js'
import { shownName } from '../definition/shown-name.js'

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

/** @internal One for each variable that an opening of a definition has read: whether it is still the same. */
export type VariableNotes = (() => boolean)[]

interface Untyped {
  readonly env?: unknown
  readonly optional?: boolean
}

/**
 * @internal Opens a reference to a variable, and reads it; undefined when the value is not a reference.
 *
 * @param use what cannot be done without the secret, in words
 * @param members what the reference may have
 * @throws TypeError when it has something else; AuthError (build) `ERR_AUTH_MISSING_ENV`
 */
export function openVariable(
  value: unknown,
  use: string,
  host: SecretHost,
  notes: VariableNotes,
  members: readonly string[] = ['env'],
): OpenedVariable | undefined {
  if (!isPlainObject(value)) return undefined
  // A copy, so it inherits nothing.
  const { env, optional }: Untyped = value
  if (env === undefined) return undefined
  checkOptions(use, value, members)
  if (typeof env !== 'string' || !env.trim()) throw new TypeError(`${use}: env is no name`)
  const label = `environment variable ${shownName(env)}`
  const read = () => {
    const variables = host.env ?? globalThis.process?.env ?? {}
    return (Object.hasOwn(variables, env) && variables[env]?.trim()) || undefined
  }
  const text = read()
  notes.push(() => read() === text)
  if (!text && optional !== true)
    throw AuthError.build(`${use}: ${label} is unset or blank; set it`, { code: 'ERR_AUTH_MISSING_ENV' })
  // It stays the same: when the variable changes, the whole definition is opened anew.
  return { label, text, source: Object.assign(() => text as string, { refreshIntervalMs: 0 }) }
}
