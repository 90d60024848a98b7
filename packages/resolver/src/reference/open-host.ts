import type { SecretHost } from '../definition/secret-reference.js'
import type { StoreFactory } from '../definition/store-reference.js'

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
  /** Opens the stores that definitions name. */
  readonly stores?: Readonly<Record<string, StoreFactory>> | undefined
}

/** @internal Lets the runtime finish work that a request has started. */
export type WaitUntil = (promise: Promise<unknown>) => void

/** @internal The same option. If it is a source, the cache that calls it passes its renewals to `waitUntil`. */
export function keepAlive(option: unknown, waitUntil: WaitUntil | undefined): unknown {
  if (!waitUntil || typeof option !== 'function' || 'waitUntil' in option) return option
  return Object.assign((...args: unknown[]) => option(...args), option, { waitUntil })
}
