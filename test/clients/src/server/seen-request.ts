import type { IncomingHttpHeaders } from 'node:http'

/** A request as the server has it, whole. */
export interface SeenRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  /** With names and values as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** The fault of its credential. */
  problem?: string | undefined
}
