import type { AuthProvider, AuthRejection } from '@outbound-auth/core'

export interface RotatingAuth extends AuthProvider {
  readonly rejections: AuthRejection[]
  /** The texts that `readBody` returned, one for each rejection. */
  readonly bodies: string[]
}

/** Sends `token-0`, after a refusal `token-1`, and so on; reads each refusal if it is asked to. */
export function rotatingAuth(options: {
  readonly gives?: number
  readonly reads?: boolean
  readonly statuses?: readonly number[]
  readonly requiresBody?: boolean
}): RotatingAuth {
  const { gives = Number.POSITIVE_INFINITY, reads = false, statuses, requiresBody } = options
  let count = 0
  const auth: RotatingAuth = {
    kind: 'rotating',
    headerNames: ['x-token'],
    requiresBody,
    recoverStatuses: statuses,
    rejections: [],
    bodies: [],
    addAuthHeaders(headers) {
      headers.set('x-token', `token-${count}`)
    },
    async recover(rejection) {
      auth.rejections.push(rejection)
      if (reads) auth.bodies.push(await rejection.readBody())
      if (count >= gives) return false
      count++
      return true
    },
  }
  return auth
}
