// Times a warm rotating token beside a literal one, per request: sent over loopback, and the parts of it that are ours.
import { createServer } from 'node:http'
import { bearerAuth, rotatingToken } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { measure, printTable } from './measure.mjs'

const accessToken = 'a'.repeat(1000)
const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
const store = createMemoryStore({ accessToken, refreshToken: 'r', expiresAt })
const refresh = async () => {
  throw new Error('a warm token needs no refresh')
}
const providers = {
  literal: bearerAuth({ token: accessToken }),
  rotating: bearerAuth({ token: rotatingToken({ store, refresh }) }),
}

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(request.headers.authorization === `Bearer ${accessToken}` ? 204 : 401).end()
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const address = server.address()
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
const allowedOrigins = [new URL(url).origin]
const answer = new Response(null, { status: 204 })

/** @param {(provider: import('@outbound-auth/core').AuthProvider) => () => unknown} create @param {number} roundMs */
async function compare(create, roundMs) {
  const times = await measure(
    { literal: create(providers.literal), rotating: create(providers.rotating) },
    { rounds: 31, roundMs },
  )
  const { literal = Number.NaN, rotating = Number.NaN } = times
  return [literal, rotating, rotating / literal]
}

const overLoopback = await compare((provider) => {
  const fetch = authFetch(provider, { allowedOrigins })
  return async () => {
    const { status, body } = await fetch(url)
    await body?.cancel()
    if (status !== 204) throw new Error(`status ${status}`)
  }
}, 150)
const withoutNetwork = await compare((provider) => {
  const fetch = authFetch(provider, { allowedOrigins, fetch: async () => answer })
  return () => fetch(url)
}, 40)
const applied = await compare((provider) => {
  const headers = createHeaderMap()
  return () => applyAuth(provider, { method: 'GET', url, headers })
}, 40)
server.close()
server.closeAllConnections()

printTable([
  ['CPU µs per request', 'literal', 'rotating', 'ratio'],
  ['authFetch over loopback', ...overLoopback],
  ['authFetch without the network', ...withoutNetwork],
  ['applyAuth', ...applied],
])
const ratio = overLoopback[2] ?? Number.NaN
if (!(ratio < 1.1)) {
  console.error(
    `A request with a warm rotating token costs ${ratio.toFixed(2)} times one with a literal; promised is 1.1`,
  )
  process.exit(1)
}
