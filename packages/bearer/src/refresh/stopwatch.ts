/**
 * Starts to measure time, and returns a function that says how many milliseconds have passed: by the given clock or by the
 * monotonic one, whichever says more. So it neither stops when the clock is set back, nor while the machine sleeps.
 */
export function stopwatch(now: () => Date): () => number {
  const [clockMs, steadyMs] = [now().getTime(), performance.now()]
  return () => Math.max(now().getTime() - clockMs, performance.now() - steadyMs)
}
