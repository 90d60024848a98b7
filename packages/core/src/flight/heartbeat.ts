/** How often an owner beats, and how often others look, in milliseconds. */
const beatMs = 250
/** This many looks without a new beat make 1 s. */
const mostMissed = 4

/**
 * Ticks every 250 ms until the time limit, with one timer. Each request has a timer of its own, since in some runtimes
 * promises and timers end with the request that made them.
 *
 * @param limitMs Infinity for no limit
 * @param isHeld whether the timer keeps the process alive
 * @returns a function that stops the timer
 */
export function startTicker(
  limitMs: number,
  onTick: () => void,
  onLimit: () => void,
  isHeld: boolean,
): () => void {
  const startedAtMs = performance.now()
  let tickedMs = 0
  let timer: ReturnType<typeof setTimeout>

  function arm(): void {
    // The clock tells of a blocked event loop, the sum of the ticks makes do without a clock.
    const leftMs = limitMs - Math.max(tickedMs, performance.now() - startedAtMs)
    const delayMs = Math.max(0, Math.min(beatMs, leftMs))
    timer = setTimeout(() => {
      tickedMs += delayMs
      if (delayMs < leftMs) {
        arm()
        onTick()
      } else onLimit()
    }, delayMs)
    if (!isHeld) timer.unref?.()
  }

  arm()
  return () => clearTimeout(timer)
}

/** Shows by its number of beats that the owner of some work is still there. */
export interface Heartbeat {
  readonly beats: number
}

/**
 * Tells, at each tick of a caller's own timer, whether an owner has been silent for 1 s. The looks are counted, and no
 * clock is read: while the event loop is blocked neither side has its turn, so a blocked owner does not count as gone.
 *
 * @param first the owner at the start; when it is another one at a later look, the count begins anew
 */
export function silenceDetector(first: Heartbeat | undefined): (heartbeat: Heartbeat | undefined) => boolean {
  let watched = first
  let seen = first?.beats
  let missed = 0
  return (heartbeat) => {
    const isSame = heartbeat !== undefined && heartbeat === watched && heartbeat.beats === seen
    missed = isSame ? missed + 1 : 0
    watched = heartbeat
    seen = heartbeat?.beats
    return missed >= mostMissed
  }
}
