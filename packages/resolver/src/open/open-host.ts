import type { SecretHost } from '../definition/secret-reference.js'
import type { WaitUntil } from './keep-alive.js'

/** @internal The content of a pipe, or the reason why the pipe cannot be read. */
export interface PipeContent {
  readonly bytes?: Uint8Array | undefined
  readonly problem?: string | undefined
  readonly code?: string | undefined
}

/** @internal The host of one resolver, with the state of the resolver. */
export interface OpenHost extends SecretHost {
  /**
   * Relative paths start here. The path is absolute, so they lead to the same files after the process changes its
   * directory. Undefined if the runtime has no working directory, or if the directory has been removed.
   */
  readonly directory: string | undefined
  /** The pipes that have been read, by the number of their descriptor. A pipe gives its content once, so it is kept. */
  readonly pipes: Map<number, Promise<PipeContent>>
  readonly waitUntil?: WaitUntil | undefined
}
