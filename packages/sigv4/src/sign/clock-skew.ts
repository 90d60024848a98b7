/** @internal The clock, corrected by what was learned from responses. */
export interface ClockSkew {
  /** The time, corrected by the learned offset. */
  now(): Date
  /** The time by the clock of this machine. */
  uncorrected(): Date
  learn(offsetMs: number): void
}

/** @internal */
export function clockSkew(clock: () => Date): ClockSkew {
  let learnedMs = 0
  return {
    now: () => (learnedMs === 0 ? clock() : new Date(clock().getTime() + learnedMs)),
    uncorrected: clock,
    learn(offsetMs) {
      learnedMs = offsetMs
    },
  }
}
