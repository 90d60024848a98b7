// Eight processes share one refresh token that its server replaces at each use, and revokes when an old one comes
// back: `node rotating.mjs LIBRARY` measures, `node rotating.mjs LIBRARY ORIGIN FILE` is one of the processes.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const processes = 8
const rounds = 3
const [library = '', origin = '', file = ''] = process.argv.slice(2)
if (origin) await participate()
else await measure()

async function measure() {
  const state = { count: 0, used: new Set(), isRevoked: false, reused: 0 }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.url === '/token') return refresh(state, new URLSearchParams(body), response)
    const isValid = !state.isRevoked && request.headers.authorization === `Bearer access-${state.count}`
    response.writeHead(isValid ? 200 : 401).end()
  })
  await new Promise((resolve) => server.listen(0, 'localhost', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const folder = mkdtempSync(join(tmpdir(), 'comparison-'))
  const path = join(folder, 'token.json')
  let sent = 0
  for (let round = 0; round < rounds; round++) {
    // A login, whose access token has expired.
    Object.assign(state, { isRevoked: false, count: ++state.count, used: new Set() })
    const login = {
      refreshToken: `refresh-${state.count}`,
      expiresAt: '2020-01-01T00:00:00Z',
      accessToken: 'old',
    }
    writeFileSync(path, JSON.stringify(login))
    const args = [fileURLToPath(import.meta.url), library, `http://localhost:${port}`, path]
    const statuses = await Promise.all(Array.from({ length: processes }, () => run(args)))
    sent += statuses.filter((status) => status === 0).length
  }
  console.log(JSON.stringify({ sent, of: processes * rounds, reused: state.reused }))
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
}

function refresh(state, form, response) {
  const token = form.get('refresh_token')
  if (token !== `refresh-${state.count}` || state.isRevoked) {
    state.reused++
    state.isRevoked = true
    return response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  }
  const count = ++state.count
  const tokens = { access_token: `access-${count}`, refresh_token: `refresh-${count}`, expires_in: 3600 }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ ...tokens, token_type: 'Bearer' }))
}

/** One request of one process; it exits with 0 if the request was authorised. */
async function participate() {
  const send = library === 'ours' ? await withOurs() : await withGoogle()
  const status = await send().catch(() => 0)
  process.exit(status === 200 ? 0 : 1)
}

async function withOurs() {
  const { bearerAuth, oauthRefresh, rotatingToken } = await import('@outbound-auth/bearer')
  const { authFetch } = await import('@outbound-auth/fetch')
  const { fileStore } = await import('@outbound-auth/file-store')
  const refreshing = oauthRefresh({ tokenEndpoint: `${origin}/token`, clientId: 'app' })
  const token = rotatingToken({ store: fileStore({ path: file }), refresh: refreshing })
  const send = authFetch(bearerAuth({ token }), { allowedOrigins: [origin] })
  return async () => (await send(`${origin}/models`)).status
}

async function withGoogle() {
  const { OAuth2Client } = await import('google-auth-library')
  const endpoints = { oauth2TokenUrl: `${origin}/token` }
  const client = new OAuth2Client({ clientId: 'app', clientSecret: 'secret-1', endpoints })
  const stored = JSON.parse(readFileSync(file, 'utf8'))
  client.setCredentials({ refresh_token: stored.refreshToken, expiry_date: Date.parse(stored.expiresAt) })
  client.on('tokens', (tokens) => {
    const renewed = { accessToken: tokens.access_token, refreshToken: tokens.refresh_token }
    writeFileSync(
      file,
      JSON.stringify({ ...renewed, expiresAt: new Date(tokens.expiry_date ?? 0).toISOString() }),
    )
  })
  return async () => (await client.request({ url: `${origin}/models` })).status
}

/** @param {string[]} args @returns {Promise<number | null>} */
function run(args) {
  return new Promise((resolve) => {
    spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }).on('close', resolve)
  })
}
