/** @internal A body on its way, and the same body again. */
export interface RecordedBody {
  /** What goes out first. */
  readonly body: unknown
  /** What goes out in a further attempt; undefined when too much has gone through, or when nobody knows what. */
  replay(): unknown
  /** There will be no further attempt: what has been kept is forgotten, and a source that nobody reads any more is ended. */
  settle(): void
}
