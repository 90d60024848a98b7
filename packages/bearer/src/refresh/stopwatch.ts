/**
 * Starts to measure time. The returned function gives the elapsed milliseconds: by the given clock or by the monotonic
 * one, whichever is more. So the measured time grows while the machine sleeps, and after the clock was set back.
 */
export function stopwatch(now: () => Date): () => number {
  const [clockMs, steadyMs] = [now().getTime(), performance.now()]
  return () => Math.max(now().getTime() - clockMs, performance.now() - steadyMs)
}
