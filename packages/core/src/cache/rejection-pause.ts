import { backOff } from './back-off.js'

/** @internal Keeps an endpoint that rejects every credential from renewing it for each request. */
export interface RejectionPause {
  /**
   * Notes that the current credential was rejected, and says whether it may be renewed for that.
   *
   * @param current identifies the credential; undefined before the first one
   * @param isAnswer whether it was itself fetched because of a rejection
   */
  allowsRenewal(current: object | undefined, isAnswer: boolean): boolean
  /** The source gave the rejected credential again. */
  noteRepeated(current: object): void
  /** The credential has changed for another reason. */
  reset(): void
}

/** An earlier rejection says nothing about this one after so long, in milliseconds. */
const memoryMs = 60_000

/** @internal @param clock milliseconds; it may be set back, which ends a pause */
export function rejectionPause(clock: () => number): RejectionPause {
  const repeated = backOff(clock)
  let lastAtMs: number | undefined
  /** The credential whose rejection needs no further pause. */
  let judged: object | undefined

  function judge(current: object | undefined): void {
    if (current === judged) return
    judged = current
    repeated.fail()
  }

  return {
    allowsRenewal(current, isAnswer) {
      const nowMs = clock()
      const sinceMs = lastAtMs === undefined ? memoryMs : nowMs - lastAtMs
      lastAtMs = nowMs
      if (!(sinceMs >= 0 && sinceMs < memoryMs)) {
        repeated.succeed()
        judged = current
      }
      if (isAnswer) judge(current)
      return !repeated.isWithin(5000, 60_000)
    },
    noteRepeated: judge,
    reset() {
      lastAtMs = undefined
    },
  }
}
