import type { AuthProvider } from '@outbound-auth/core'
import type { Credentials, Kind } from './kinds/credentials.js'
import type { Transport } from './server/lab-server.js'

/** The columns of the table, in its order. */
export const columnNames = ['W', 'R', 'X', 'S', 'U', 'A', 'E'] as const

export type Column = (typeof columnNames)[number]

/** The credential and the place of a trial. */
export interface Lab {
  readonly kind: Kind
  readonly credentials: Credentials
  readonly auth: AuthProvider
  readonly origin: string
  readonly allowedOrigins: readonly string[]
  /** `authFetch(auth, { allowedOrigins })`. */
  readonly fetch: typeof globalThis.fetch
}

/** A client that is tried. */
export interface TriedClient {
  /** Sends one request with JSON, or opens a connection. Resolves with something that contains `ok`. */
  call(signal: AbortSignal | undefined): Promise<unknown>
  /** Calls `seen` when the first piece has come, and resolves when the last has. */
  stream?(seen: () => void): Promise<unknown>
  /** Sends a form with this file. */
  form?(file: File): Promise<unknown>
  /** Sends a stream. */
  upload?(body: ReadableStream<Uint8Array>): Promise<unknown>
  close?(): unknown
}

/** Why a cell is not yes. */
export interface Exception {
  readonly columns: readonly Column[]
  /** @default all */
  readonly kinds?: readonly Kind[]
  readonly why: string
}

/** One client, held one way. */
export interface Row {
  readonly client: string
  /** The function of ours that it is held with. */
  readonly via: string
  /** The one line, or the lines, that a user writes. */
  readonly glue: string
  /** Whether it is one of the twelve most used, which CI runs. On Node 20, `before 22` stands for its next version. */
  readonly isCommon?: boolean | 'before 22'
  /** @default all */
  readonly kinds?: readonly Kind[]
  /** The major version of Node that the client needs. @default 20 */
  readonly needsNode?: number
  /** @default 'http' */
  readonly transport?: Transport
  /** Whether it changes something global, so that nothing else may run beside it. */
  readonly isExclusive?: boolean
  /** Whether it is tried before any other client is imported. */
  readonly isFirst?: boolean
  /** Whether its server rejects a token with a challenge that names claims. */
  readonly hasClaims?: boolean
  /** The columns that do not apply. @default what the client has no method for */
  readonly skips?: readonly Column[]
  readonly exceptions?: readonly Exception[]
  open(lab: Lab): TriedClient | Promise<TriedClient>
}
