import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { loginError } from './login-result.js'

/** @internal Waits on this machine for the browser to come back. */
export interface RedirectListener {
  readonly redirectUri: string
  /** The parameters of the first request to the redirect URI. */
  readonly parameters: Promise<URLSearchParams>
  close(): void
}

/** @internal Where the browser comes back to. */
export interface RedirectPlace {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** `localhost` is two addresses, and a browser may take either. */
const addresses: Readonly<Record<string, readonly string[]>> = {
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
  localhost: ['127.0.0.1', '::1'],
}

/** @internal Host names that a redirect may have. */
export const redirectHosts: readonly string[] = Object.keys(addresses)

const page = [
  '<!doctype html><meta charset="utf-8"><title>Login</title>',
  '<p>The login goes on in the program that you came from. You can close this window.',
].join('\n')

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'",
  'referrer-policy': 'no-referrer',
  connection: 'close',
}

/**
 * @internal
 * @throws AuthError `ERR_AUTH_OAUTH_LOGIN` (build) when the port is taken
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 */
export async function listenForRedirect({ host, port, path }: RedirectPlace): Promise<RedirectListener> {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  let resolve: (parameters: URLSearchParams) => void = () => {}
  const parameters = new Promise<URLSearchParams>((settle) => {
    resolve = settle
  })
  let isOver = false
  let authority = ''

  function respond({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const target = URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined
    // A page of another site may send requests here, through a name that leads to this machine.
    const isOurs = headers.host === authority && target?.pathname === path && !isOver
    const status = isOurs ? (method === 'GET' ? 200 : 405) : 404
    response.writeHead(status, pageHeaders)
    response.end(status === 200 ? page : '')
    if (status !== 200 || !target) return
    isOver = true
    resolve(target.searchParams)
  }

  function close(): void {
    for (const server of servers.splice(0)) server.close()
    // A browser opens connections that it may never use, and each would keep the process alive. The page, which has
    // been written, still gets there.
    for (const socket of sockets) socket.destroySoon()
  }

  /** Listens on one port of all addresses. @returns the port */
  async function listenOnAll(all: readonly string[], wanted: number, triesLeft = 20): Promise<number> {
    let bound = wanted
    for (const address of all) {
      const server = createServer(respond)
      server.on('connection', (socket: Socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
      })
      try {
        await listen(server, bound, address)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        // Without IPv6, no browser and no other program can use that address.
        if (all.length > 1 && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(code ?? '')) continue
        const isOtherTaken = wanted === 0 && servers.length > 0 && code === 'EADDRINUSE'
        close()
        if (isOtherTaken && triesLeft > 0) return listenOnAll(all, wanted, triesLeft - 1)
        throw loginError(`port ${bound} of ${host} cannot be used: choose another redirectPort`, error)
      }
      servers.push(server)
      bound = (server.address() as AddressInfo).port
    }
    if (servers.length === 0) throw loginError(`this machine has no address for ${host}`)
    return bound
  }

  const bound = await listenOnAll(addresses[host] ?? [], port)
  authority = redirectAuthority(host, bound)
  return { redirectUri: `http://${authority}${path}`, parameters, close }
}

/** @internal Host and port as a browser writes them: without port 80. */
export function redirectAuthority(host: string, port: number): string {
  return new URL(`http://${host}:${port}`).host
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: address, exclusive: true }, resolve)
  })
}
