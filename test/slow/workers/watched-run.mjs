// Measures what a run against an endpoint that may answer anything costs, and sends the report to the test.
import { inspect } from 'node:util'

/** Begins to measure. */
export function startWatch() {
  /** @type {string[]} */
  const trouble = []
  process.on('unhandledRejection', (reason) => trouble.push(String(reason)))
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  const start = performance.now()

  /** Sends the report, and ends the process. @param {object} outcome what the run brought */
  return async function report(outcome) {
    const tookMs = performance.now() - start
    await new Promise((resolve) => setTimeout(resolve, 20))
    clearInterval(watch)
    const isPolluted = 'polluted' in {}
    const grownBytes = Math.max(peak, process.memoryUsage.rss()) - before
    process.send?.({ ...outcome, tookMs, grownBytes, trouble, isPolluted }, () => process.exit())
  }
}

/**
 * The result of a call in words, with all the text that its error shows.
 *
 * @param {Promise<unknown>} call
 */
export async function outcomeOf(call) {
  try {
    await call
    return { result: 'success', text: '' }
  } catch (thrown) {
    const error = /** @type {any} */ (thrown)
    return {
      result: error?.name === 'AuthError' ? `${error.kind} ${error.code}` : `no AuthError: ${error}`,
      text: inspect(error, { showHidden: true, depth: 9 }) + error.stack + JSON.stringify(error),
    }
  }
}
