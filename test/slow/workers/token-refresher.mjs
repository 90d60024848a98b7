// Refreshes once against each endpoint that the test names, and says what came of it and what it cost.
import { built } from './built.mjs'
import { outcomeOf, serveRuns } from './watched-run.mjs'

const { oauthRefresh } = await built('bearer')
serveRuns((tokenEndpoint) => {
  const refresh = oauthRefresh({
    tokenEndpoint,
    clientId: 'app',
    clientSecret: 'planted-secret',
    timeoutMs: 2000,
  })
  return outcomeOf(refresh('planted-refresh', { signal: new AbortController().signal }))
})
