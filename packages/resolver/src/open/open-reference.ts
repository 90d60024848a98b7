import { AuthError } from '@outbound-auth/core'
import { isPlainObject } from '../definition/copy-definition.js'
import type { OpenHost } from './open-host.js'
import { type OpenedReference, openVariable, type VariableNotes } from './open-variable.js'

/**
 * @internal What `openReference` is in browsers and workers, which have neither files nor commands.
 *
 * @throws AuthError `ERR_AUTH_UNSUPPORTED` (build) for one of those, and what `openVariable` throws
 */
export function openReference(
  value: unknown,
  use: string,
  host: OpenHost,
  notes: VariableNotes,
): OpenedReference | undefined {
  if (isPlainObject(value) && (value['file'] ?? value['command']))
    throw AuthError.build(`${use}: files and commands need Node`, { code: 'ERR_AUTH_UNSUPPORTED' })
  return openVariable(value, use, host, notes)
}
