/** @internal Events of undici 8 that the types of undici 7 do not have, or have with other parameters. */
export interface SendEvents {
  onBodySent?(...sent: readonly unknown[]): void
  onRequestSent?(): void
  onResponseStarted?(): void
}
