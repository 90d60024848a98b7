// Refreshes once against an endpoint that may answer anything, and says what came of it and what it cost.
import { inspect } from 'node:util'
import { built } from './built.mjs'

const { oauthRefresh } = await built('bearer')
/** @type {string[]} */
const trouble = []
process.on('unhandledRejection', (reason) => trouble.push(String(reason)))
const before = process.memoryUsage.rss()
let peak = before
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 5)
const start = performance.now()
const refresh = oauthRefresh({
  tokenEndpoint: process.argv[2],
  clientId: 'app',
  clientSecret: 'planted-secret',
  timeoutMs: 2000,
})
const outcome = await refresh('planted-refresh', { signal: new AbortController().signal }).then(
  () => ({ result: 'success', text: '' }),
  (/** @type {any} */ error) => ({
    result: error?.name === 'AuthError' ? `${error.kind} ${error.code}` : `no AuthError: ${error}`,
    text: inspect(error, { showHidden: true, depth: 9 }) + error.stack + JSON.stringify(error),
  }),
)
const tookMs = performance.now() - start
await new Promise((resolve) => setTimeout(resolve, 20))
clearInterval(watch)
const isPolluted = 'polluted' in {}
process.send?.(
  { ...outcome, tookMs, grownBytes: Math.max(peak, process.memoryUsage.rss()) - before, trouble, isPolluted },
  () => process.exit(),
)
