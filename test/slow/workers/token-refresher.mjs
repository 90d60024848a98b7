// Refreshes once against an endpoint that may answer anything, and says what came of it and what it cost.
import { built } from './built.mjs'
import { outcomeOf, startWatch } from './watched-run.mjs'

const { oauthRefresh } = await built('bearer')
const report = startWatch()
const refresh = oauthRefresh({
  tokenEndpoint: process.argv[2],
  clientId: 'app',
  clientSecret: 'planted-secret',
  timeoutMs: 2000,
})
await report(await outcomeOf(refresh('planted-refresh', { signal: new AbortController().signal })))
