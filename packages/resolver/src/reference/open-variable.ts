import type { TokenSource } from '@outbound-auth/core'
import { isPlainObject } from '../definition/copy-definition.js'
import { definitionError } from '../definition/definition-path.js'
import { shownName } from '../definition/shown-name.js'
import { checkReference, type ReferencePlace, referenceError } from './reference-place.js'
import type { VariableSnapshot } from './variable-snapshot.js'

/** @internal A reference that can be used. */
export interface OpenedReference<Source = TokenSource> {
  /** Where the secret is, in words. */
  readonly label: string
  readonly source: Source
}

/** @internal A variable as it was when it was opened. */
export interface OpenedVariable extends OpenedReference {
  /** Undefined when the variable is optional and not set. */
  readonly value: string | undefined
}

/**
 * @internal Opens a reference to a variable, and reads the variable; undefined when the value is not such a reference.
 *
 * @param properties the properties that the reference may have
 * @throws TypeError when it has another property; AuthError (build) `ERR_AUTH_MISSING_ENV`
 */
export function openVariable(
  reference: unknown,
  place: ReferencePlace,
  variables: VariableSnapshot,
  properties: readonly string[] = ['env'],
): OpenedVariable | undefined {
  if (!isPlainObject(reference) || reference['env'] === undefined) return undefined
  const { env, optional } = checkReference(place, reference, properties)
  if (typeof env !== 'string' || !env.trim())
    throw definitionError(`${place.use}: env must be the name of a variable`, [...place.path, 'env'])
  const label = `environment variable ${shownName(env)}`
  const value = variables.get(env)
  if (value === undefined && optional !== true)
    throw referenceError(place, `${label} is unset or blank; set it`, 'ERR_AUTH_MISSING_ENV')
  // The value is fixed: when the variable changes, the whole definition is opened again.
  return { label, value, source: Object.assign(() => value as string, { refreshIntervalMs: 0 }) }
}
