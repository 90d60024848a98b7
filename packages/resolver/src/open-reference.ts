import { AuthError } from '@outbound-auth/core'
import { isPlainObject } from './copy-definition.js'
import { type OpenedReference, openVariable } from './open-variable.js'
import type { SecretHost } from './secret-reference.js'

/** @internal What `openReference` is in browsers and workers, which have neither files nor commands. */
export function openReference(value: unknown, use: string, host: SecretHost): OpenedReference | undefined {
  if (isPlainObject(value) && (value['file'] ?? value['command'])) {
    throw AuthError.build(`${use}: files and commands need Node`, { code: 'ERR_AUTH_UNSUPPORTED' })
  }
  return openVariable(value, use, host)
}
