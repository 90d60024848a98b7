import { isPlainObject } from '../definition/copy-definition.js'
import type { OpenHost } from './open-host.js'
import { type OpenedReference, openVariable } from './open-variable.js'
import { checkOnePlace, type ReferencePlace, referenceError } from './reference-place.js'
import type { VariableSnapshot } from './variable-snapshot.js'

/**
 * @internal `openReference` of browsers and workers, which have neither files nor commands.
 *
 * @throws AuthError `ERR_AUTH_UNSUPPORTED` (build) for a file or a command, and what `openVariable` throws
 */
export function openReference(
  value: unknown,
  place: ReferencePlace,
  _host: OpenHost,
  variables: VariableSnapshot,
): OpenedReference | undefined {
  if (isPlainObject(value)) checkOnePlace(place, value)
  if (isPlainObject(value) && (value['file'] ?? value['command']))
    throw referenceError(place, 'files and commands need Node', 'ERR_AUTH_UNSUPPORTED')
  return openVariable(value, place, variables)
}
