/** @internal A body on its way, and the same body again. */
export interface RecordedBody {
  /** The body of the first attempt. */
  readonly body: unknown
  /** The body of a further attempt; undefined when the body was too long, or is not known. */
  replay(): unknown
  /**
   * There will be no further attempt: what has been kept is forgotten, and a source that nobody reads any more is
   * ended.
   */
  settle(): void
}
