// A server that issues and verifies tokens, and one of another origin that notes what reaches it.
import { readFileSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'

/** Starts the servers. The certificate is the one that this process trusts. */
export async function startLab() {
  const cert = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  const tls = { cert: readFileSync(cert), key: readFileSync(cert.replace('cert.pem', 'key.pem')) }
  const state = { count: 0, calls: 0, isDown: false, livesMs: 3_600_000, dead: '', waiting: 0 }
  /** @type {import('node:http').IncomingHttpHeaders[]} */
  const foreign = []
  const other = createServer(tls, (request, response) => {
    foreign.push(request.headers)
    response.end('{}')
  })
  const otherOrigin = await listen(other, 'https')
  const handle = async (request, response) => {
    request.resume()
    const { pathname } = new URL(request.url, 'http://localhost')
    if (pathname.endsWith('/token')) return issue(state, response)
    if (pathname.includes('/redirect')) return response.writeHead(307, { location: `${otherOrigin}/` }).end()
    const { authorization } = request.headers
    // The rejections of a dead token arrive one after the other, over two seconds.
    if (state.dead && authorization === `Bearer ${state.dead}`) await delay(100 * state.waiting++)
    const isValid = /^Bearer token-\d+$/.test(authorization ?? '') && authorization !== `Bearer ${state.dead}`
    response.writeHead(isValid ? 200 : 401, { 'content-type': 'application/json' }).end('{"data":[]}')
  }
  const plain = createPlainServer(handle)
  const api = createServer(tls, handle)
  const [origin, plainOrigin] = [await listen(api, 'https'), await listen(plain, 'http')]
  return {
    ...{ state, foreign, origin, plainOrigin },
    /** Asks the token endpoint, as an application's own token function does. */
    async source() {
      const response = await fetch(`${plainOrigin}/token`)
      if (!response.ok) throw new Error(`The issuer responded with ${response.status}`)
      const { access_token, expires_on } = await response.json()
      return { token: access_token, expiresAt: new Date(expires_on * 1000) }
    },
    stop() {
      for (const server of [other, api, plain]) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

function issue(state, response) {
  state.calls++
  if (state.isDown) return response.writeHead(503).end()
  const expires_on = Math.floor((Date.now() + state.livesMs) / 1000)
  const token = { access_token: `token-${++state.count}`, expires_on, token_type: 'Bearer', resource: 'api' }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token))
}

/** @param {import('node:http').Server} server @param {string} scheme */
async function listen(server, scheme) {
  await new Promise((resolve) => server.listen(0, 'localhost', () => resolve(undefined)))
  return `${scheme}://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`
}
