import type { AuthProvider } from '@outbound-auth/core'
import type { SeenRequest } from '../server/seen-request.js'

/** The kinds of credential that each client is tried with, in the order of the table. */
export const kindNames = ['bearer', 'api-key', 'query', 'sigv4', 's3', 'agent'] as const

export type Kind = (typeof kindNames)[number]

/** A key that a client insists on. It must never be sent. */
export const dummy = 'dummy-0123456789'

/** A credential that a server rotates, as both sides hold it. */
export interface Credentials {
  readonly kind: Kind
  readonly auth: AuthProvider
  /** The fault of a request's credential, in words; undefined when it is the present one. */
  verify(request: SeenRequest): string | undefined | Promise<string | undefined>
  /** From now on the server rejects the credential that it accepted before. */
  rotate(): void
  /** How often the source was asked. */
  calls(): number
  /** How the server rejects a request. */
  readonly rejection: Rejection
  /** Strings that no other origin may see. */
  secrets(): readonly string[]
}

export interface Rejection {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Options of each kind. */
export interface CredentialOptions {
  /** Where the server is: an agent registers its tasks there. */
  readonly origin: string
  /** An error that the source throws instead of giving a credential. */
  readonly failure?: Error | undefined
}
