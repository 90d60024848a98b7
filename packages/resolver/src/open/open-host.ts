import type { SecretHost } from '../definition/secret-reference.js'
import type { WaitUntil } from './keep-alive.js'

/** @internal What was in a pipe, or why it could not be read. */
export interface PipeContent {
  readonly bytes?: Uint8Array | undefined
  readonly problem?: string | undefined
  readonly code?: string | undefined
}

/** @internal The host of one resolver, with what the resolver has to remember. */
export interface OpenHost extends SecretHost {
  /**
   * Where relative paths start, as an absolute path: a process that changes its directory later still means the same files.
   * Undefined on a runtime that has none, or when the directory has been removed.
   */
  readonly directory: string | undefined
  /** The pipes that the process was given and that have been read, by the number of the descriptor: each gives its content once. */
  readonly pipes: Map<number, Promise<PipeContent>>
  readonly waitUntil?: WaitUntil | undefined
}
