// Measures what runs against an endpoint that may answer anything cost, and sends a report of each to the test.
import { inspect } from 'node:util'

/** @type {string[]} */
let trouble = []
process.on('unhandledRejection', (reason) => trouble.push(String(reason)))

/**
 * Runs once for each URL that the test sends, and reports the outcome and its cost.
 *
 * @param {(url: string, isSilent: boolean) => Promise<object>} run gets true for an endpoint whose response never ends
 */
export function serveRuns(run) {
  process.on('message', async (/** @type {{ url: string, isSilent: boolean }} */ { url, isSilent }) => {
    trouble = []
    // Garbage of the run before does not count as memory of this one.
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 5)
    const start = performance.now()
    const outcome = await run(url, isSilent)
    const tookMs = performance.now() - start
    // A late rejection shows within this time.
    await new Promise((resolve) => setTimeout(resolve, 20))
    clearInterval(watch)
    const isPolluted = 'polluted' in {}
    const grownBytes = Math.max(peak, process.memoryUsage.rss()) - before
    process.send?.({ ...outcome, tookMs, grownBytes, trouble, isPolluted })
  })
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
