import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { bundleCommand } from './bundle-command.js'
import { runChild } from './run-child.js'

/** A request that came to the server of a lab, on whatever host it was meant for. */
export interface ClientRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** The server's response: JSON, or the events of a finished turn. */
export type ClientAnswer = { readonly status: number; readonly json: object } | 'turn'

/** A server of logins and models, and both programs that use it. */
export interface ClientLab {
  readonly origin: string
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs our command. @returns exit code and standard error */
  ours(more?: ClientRun): Promise<string>
  /** Runs the real client. @returns exit code and standard error */
  theirs(more?: ClientRun): Promise<string>
  readAuth(): Record<string, unknown>
  close(): void
}

/** The settings of one run besides the lab. */
export interface ClientRun {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly args?: readonly string[]
}

const events = [
  { type: 'response.created', response: { id: 'r' } },
  {
    type: 'response.output_item.done',
    item: { type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'ok' }] },
  },
  {
    type: 'response.completed',
    response: { id: 'r', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
  },
]
const turn = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/**
 * Makes a home in a folder, and a server that answers for every host: the real client reaches those with https through
 * a proxy that ends TLS with a key of this lab.
 *
 * @param config lines of `config.toml`; `ORIGIN` stands for the server
 */
export async function createClientLab(
  folder: string,
  config: string,
  answer: (request: ClientRequest) => ClientAnswer | Promise<ClientAnswer>,
): Promise<ClientLab> {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const listener: RequestListener = async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    const said = await answer({ method, url, headers, body })
    if (said === 'turn')
      return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(turn)
    response.writeHead(said.status, { 'content-type': 'application/json' }).end(JSON.stringify(said.json))
  }
  const plain = createServer(listener)
  const certificate = makeCertificate(join(folder, 'tls'))
  const secure = createTlsServer(certificate, listener)
  const origin = `http://127.0.0.1:${await listen(plain)}`
  const securePort = await listen(secure)
  const proxy = createServer((_, response) => response.writeHead(502).end())
  proxy.on('connect', (_, client) => {
    const server = connect(securePort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })
  const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`
  writeFileSync(join(home, 'config.toml'), config.replaceAll('ORIGIN', origin))
  const env = { PATH: process.env['PATH'], HOME: folder, CODEX_HOME: home }
  const throughProxy = {
    HTTPS_PROXY: proxyUrl,
    NO_PROXY: '127.0.0.1',
    CODEX_CA_CERTIFICATE: join(folder, 'tls/ca.pem'),
  }
  const command = await bundleCommand(folder)
  const request = ['request', 'POST', 'responses', '--codex-home', home, '-d', '{}']
  const exec = ['exec', '--skip-git-repo-check', '--ephemeral']
  return {
    origin,
    home,
    env,
    ours: (more = {}) =>
      runChild(process.execPath, [command, ...request, ...(more.args ?? [])], { ...env, ...more.env }),
    theirs: (more = {}) =>
      runChild(
        'codex',
        [...exec, ...(more.args ?? []), 'say ok'],
        { ...env, ...throughProxy, ...more.env },
        folder,
      ),
    readAuth: () => JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8')),
    close() {
      for (const server of [plain, secure, proxy]) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A certificate for the hosts of OpenAI that nobody trusts who is not told to. */
function makeCertificate(folder: string): { readonly key: Buffer; readonly cert: Buffer } {
  mkdirSync(folder, { recursive: true })
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const names = ['auth.openai.com', 'chatgpt.com', 'api.openai.com'].map((name) => `DNS:${name}`)
  writeFileSync(join(folder, 'extensions'), `subjectAltName=${names.join(',')}`)
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=lab',
  )
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-out', 'request', '-subj', '/CN=lab')
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions']
  openssl('x509', '-req', '-in', 'request', '-out', 'cert', ...signing)
  return { key: readFileSync(join(folder, 'key')), cert: readFileSync(join(folder, 'cert')) }
}
