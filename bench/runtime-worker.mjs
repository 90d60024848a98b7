import { contenders, signatures } from './runtime-check.mjs'
import { oauthStatuses } from './runtime-oauth.mjs'

// A worker's clock stands still while it computes, so whoever asks does the timing.
const worker = {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/signatures') return new Response(await signatures())
    if (pathname === '/oauth')
      return new Response(await oauthStatuses(searchParams.get('server')).catch((error) => String(error)))
    const run = contenders(Number(searchParams.get('case')))[searchParams.get('contender')]
    for (let calls = Number(searchParams.get('calls')); calls > 0; calls--) await run()
    return new Response('done')
  },
}

export default worker
