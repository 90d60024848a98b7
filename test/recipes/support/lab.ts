import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { afterAll, beforeEach, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { verifySignature } from './aws-signature.js'
import { certificate } from './certificate.js'
import { replyTo } from './replies.js'

/** One request as it arrived. */
export interface Arrival {
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The status of the response. */
  readonly status: number
}

/** A server on this machine that stands for every service of the recipes, and verifies each credential. */
export interface Lab {
  /** `127.0.0.1:port`, plain http. */
  readonly host: string
  /** `localhost:port`, https and HTTP/2. */
  readonly secureHost: string
  /** A folder that is removed at the end. */
  readonly folder: string
  /** The file that holds the current credential. */
  readonly tokenFile: string
  /** Requests to the API, without those to the token endpoint. */
  readonly arrivals: Arrival[]
  /** Requests to the token endpoint. */
  readonly issued: Arrival[]
  /** Revokes the current credential when the next request arrives, which gets a 401. */
  revokeAtNextRequest(): void
  /** From now on no source gives a credential: the file is gone, commands fail, the token endpoint responds 503. */
  stopIssuing(): void
}

/** Options of {@link startLab}. */
export interface LabOptions {
  /** Keeps one credential for all tests, for a source that caches beyond our reach. */
  readonly keepsToken?: boolean
  /** When the server starts, from which tokens live a day. */
  readonly now: Date
}

/** Each of them prints the current credential. */
const commands = ['op', 'gh', 'az', 'gcloud', 'vault']
/** A marker that no output may hold, followed by a count. */
export const secret = 'secret-marker-'

/** Starts the lab of a test file. Before each test it has a fresh credential and no arrivals. */
export async function startLab({ now, keepsToken = false }: LabOptions): Promise<Lab> {
  const expiresOn = String(Math.floor(now.getTime() / 1000) + 86_400)
  const folder = join(import.meta.dirname, '../node_modules/.cache', `lab-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const state = { count: 1, isRevoking: false, isIssuing: true }
  const tokenFile = join(folder, 'token')
  const arrivals: Arrival[] = []
  const issued: Arrival[] = []
  const token = () => `${secret}${state.count}`
  const writeToken = () => {
    writeFileSync(tokenFile, `${token()}\n`)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', token())
  }

  const issue = (response: ServerResponse) => {
    response.writeHead(state.isIssuing ? 200 : 503, { 'content-type': 'application/json' })
    const lives = { expires_in: 3600, expires_on: expiresOn }
    const tokens = { access_token: token(), refresh_token: `refresh-${state.count}` }
    response.end(JSON.stringify({ ...tokens, ...lives, token_type: 'Bearer', resource: 'api' }))
    return state.isIssuing ? 200 : 503
  }
  /** @returns the status that the request deserves */
  const judge = async (request: Omit<Arrival, 'status'>) => {
    if (state.isRevoking) {
      state.isRevoking = false
      state.count++
      writeToken()
    }
    return (await carriesToken(request, token())) ? 200 : 401
  }
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const target = `${incoming.method} ${incoming.url}`
    const request = { target, headers: incoming.headers, body: Buffer.concat(chunks) }
    // The second is the identity endpoint of Azure App Service.
    if (target === 'POST /token' || target.startsWith('GET /identity')) {
      issued.push({ ...request, status: issue(response) })
      return
    }
    const status = await judge(request)
    arrivals.push({ ...request, status })
    replyTo(request, response, status)
  }

  const plain = createServer(handle)
  const { cert, key } = certificate()
  const secure = createSecureServer({ cert, key, allowHTTP1: true }, handle as never)
  const sockets = new WebSocketServer({ noServer: true })
  plain.on('upgrade', async (incoming, socket, head) => {
    const request = { target: `GET ${incoming.url}`, headers: incoming.headers, body: Buffer.alloc(0) }
    const status = await judge(request)
    arrivals.push({ ...request, status })
    if (status === 200)
      sockets.handleUpgrade(incoming, socket, head, (opened) =>
        opened.on('message', (text) => opened.send(`echo ${text}`)),
      )
    else socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
  })
  const ports = []
  for (const server of [plain, secure]) {
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  const stopCommands = writeCommands(folder, tokenFile)

  beforeEach(() => {
    state.isIssuing = true
    state.isRevoking = false
    if (!keepsToken) state.count++
    writeToken()
    arrivals.length = 0
    issued.length = 0
  })
  afterAll(() => {
    stopCommands()
    for (const socket of sockets.clients) socket.terminate()
    plain.closeAllConnections()
    plain.close()
    secure.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    host: `localhost:${ports[0]}`,
    secureHost: `localhost:${ports[1]}`,
    folder,
    tokenFile,
    arrivals,
    issued,
    revokeAtNextRequest() {
      state.isRevoking = true
    },
    stopIssuing() {
      state.isIssuing = false
      rmSync(tokenFile)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    },
  }
}

/** Whether a request carries this credential exactly once, and no other. */
async function carriesToken({ headers, target, body }: Omit<Arrival, 'status'>, token: string) {
  const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']
  const given = names.flatMap((name) => headers[name] ?? []).map(String)
  if (given.length !== 1) return false
  const [value = ''] = given
  if (value.startsWith('AWS4-HMAC-SHA256 '))
    return verifySignature({ target, headers, body, secretAccessKey: token })
  return value.replace(/^(?:Bearer|token) /, '') === token
}

/** Puts programs in front of the PATH that print the current credential. */
function writeCommands(folder: string, tokenFile: string): () => void {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const name of commands) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec cat '${tokenFile}'\n`)
    chmodSync(join(bin, name), 0o755)
  }
  vi.stubEnv('PATH', bin + delimiter + process.env['PATH'])
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  return () => vi.unstubAllEnvs()
}
