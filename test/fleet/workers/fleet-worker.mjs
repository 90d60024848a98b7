// One process of the fleet: sends a request each time it is told to, with the login that all of them share, and says
// how that went.
import { setTimeout as pause } from 'node:timers/promises'
import { bearerAuth, oauthRefresh, rotatingToken } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { sharedStore } from '@outbound-auth/shared-store'
import { openRecord } from './open-record.mjs'
import { openRival } from './rival-stores.mjs'

/** @type {import('../support/fleet.js').WorkerOptions} */
const {
  place,
  tokenEndpoint,
  api,
  rival,
  store = {},
  beforeMs = 0,
  afterMs = 0,
} = JSON.parse(process.argv[2] ?? '')
const say = (/** @type {import('../support/fleet.js').Report} */ report) => process.send?.(report)
let roundTrips = 0

/** @returns {Promise<import('@outbound-auth/core').DocumentStore<any>>} */
async function openStore() {
  if (rival) return openRival(place, rival.kind, rival.lockMs)
  const { record } = await openRecord(place)
  return sharedStore({
    ...store,
    record: {
      name: record.name,
      get() {
        roundTrips += 1
        return record.get()
      },
      put(text, version) {
        roundTrips += 1
        return record.put(text, version)
      },
    },
    observer: (event) => {
      if (event.type === 'warned') say({ type: 'warned', code: event.code })
    },
  })
}

const exchange = oauthRefresh({ tokenEndpoint, clientId: 'app' })
/** @type {typeof exchange} */
const refresh = async (refreshToken, options) => {
  say({ type: 'refreshing' })
  await pause(beforeMs)
  const tokens = await exchange(refreshToken, options)
  say({ type: 'refreshed' })
  await pause(afterMs)
  return tokens
}
const auth = bearerAuth({ token: rotatingToken({ store: await openStore(), refresh }) })
const fetch = authFetch(auth, { allowedOrigins: [new URL(api).origin] })

process.on('message', async () => {
  const startedMs = performance.now()
  const before = roundTrips
  const outcome = await send()
  say({ type: 'done', ...outcome, ms: performance.now() - startedMs, roundTrips: roundTrips - before })
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

async function send() {
  try {
    const response = await fetch(api)
    await response.text()
    return { status: response.status }
  } catch (error) {
    return { status: AuthError.is(error) ? error.code : String(error) }
  }
}
