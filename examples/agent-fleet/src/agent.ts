import { bearerAuth, oauthRefresh, rotatingToken } from '@outbound-auth/bearer'
import { authFetch } from '@outbound-auth/fetch'
import { openFleetStore } from './fleet-store.js'

/** The order for a round: how late it is, in milliseconds, and how many requests to send. */
export interface Order {
  readonly laterMs: number
  readonly requests: number
}

/** One agent, as a process of its own. It carries out the orders of its parent, until that disconnects. */
export async function runAgent(origin: string): Promise<void> {
  let laterMs = 0
  const now = () => new Date(Date.now() + laterMs)
  const { store, close } = await openFleetStore()
  const refresh = oauthRefresh({ tokenEndpoint: `${origin}/token`, clientId: 'fleet', now })
  const auth = bearerAuth({ token: rotatingToken({ store, refresh, now }), now })
  const fetch = authFetch(auth, { allowedOrigins: [origin] })
  process.on('message', async (order: Order) => {
    laterMs = order.laterMs
    const responses = Array.from({ length: order.requests }, () => fetch(`${origin}/v1/tasks`))
    const statuses = (await Promise.all(responses)).map(({ status }) => status)
    process.send?.(statuses)
  })
  process.on('disconnect', close)
  process.send?.('ready')
}
