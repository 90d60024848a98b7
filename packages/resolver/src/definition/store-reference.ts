import type { DocumentStore } from '@outbound-auth/core'
import type { SecretReference } from './secret-reference.js'

/**
 * The place of a document that machines share, such as a login: one property, with the name of a store that the
 * resolver was given. `{ redis: { url: { env: 'REDIS_URL' }, key: 'oa:team-1' } }`.
 */
export interface StoreReference {
  readonly [store: string]: StorePlace
}

/** A document within a store. */
export interface StorePlace {
  /** The name of the document: a key of Redis, or the name of a row. Messages show it, so it is not a secret. */
  readonly key: string
  /**
   * The URL of the database. It may hold a password, so no message shows it.
   *
   * @default the store knows its database
   */
  readonly url?: string | SecretReference | undefined
  /** The table of a relational database. @default that of the store */
  readonly table?: string | undefined
  /**
   * Keys that encrypt the document, of 32 bytes in base64: the first one encrypts, every one decrypts.
   *
   * @default the document is stored as it is
   */
  readonly encryptionKeys?: readonly (string | SecretReference)[] | undefined
}

/** A {@link StorePlace} whose references have been read: the argument of a {@link StoreFactory}. It holds secrets. */
export interface StoreSettings {
  readonly key: string
  readonly url?: string | undefined
  readonly table?: string | undefined
  readonly encryptionKeys?: readonly string[] | undefined
}

/**
 * Opens a store at the first use of a document, and again after the secrets of its place have changed. An `AuthError`
 * that it throws is passed on.
 */
export type StoreFactory = (
  settings: StoreSettings,
) => DocumentStore<unknown> | Promise<DocumentStore<unknown>>
