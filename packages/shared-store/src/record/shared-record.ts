/** The text of a record, and the version that this text has. */
export interface SharedRecordValue {
  /** ASCII text, at most 2 MiB. */
  readonly text: string
  /** Differs from each other version of this record, also from those before it was removed and made again. */
  readonly version: string
}

/**
 * One text in a database that machines share, changed by compare-and-swap. {@link sharedStore} builds the lock and the
 * document on these two operations, so any engine will do that can write under a condition.
 *
 * Both operations go to the primary, never to a replica that reads behind it. Neither needs a time limit of its own.
 * An `AuthError` that they throw is passed on; any other error becomes `ERR_AUTH_STORE_IO` (transient), without its
 * text.
 */
export interface SharedRecord {
  /** The place of the record for messages, such as `the Redis key oa:team-1`. Never a secret. */
  readonly name: string
  /** The record as it is now; undefined before the first write. */
  get(): Promise<SharedRecordValue | undefined>
  /**
   * Writes the text if the record still has this version; with `undefined`, if there is no record.
   *
   * @returns the new version; undefined if somebody else was faster, and nothing was written
   */
  put(text: string, version: string | undefined): Promise<string | undefined>
}
