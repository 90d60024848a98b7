import { loadPart } from '../lib/load-part.js'
import { type FinalBody, readyBody } from './ready-body.js'

/**
 * `finalBody` for a body that nobody else holds: the code for forms, files and the like is loaded when the first one
 * comes.
 *
 * @throws AuthError `ERR_AUTH_BODY` (build), `ERR_AUTH_LOAD` (transient)
 */
export async function finalBodyLater(body: unknown, provider?: string): Promise<FinalBody> {
  const ready = readyBody(body)
  if (ready) return ready
  const { finalBody } = await loadPart(() => import('./final-body.js'))
  return finalBody(body, provider)
}
