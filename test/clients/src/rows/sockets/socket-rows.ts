import type { ClientRequest } from 'node:http'
import { handshakeAuth, type OpenedHandshake } from '@outbound-auth/core'
import { sendWithAuth } from '@outbound-auth/core/shapes'
import { authInterceptor } from '@outbound-auth/undici'
import type * as undici7 from 'undici7'
import { WebSocket as WsSocket } from 'ws'
import type { Exception, Lab, Row, TriedClient } from '../../row.js'
import { overEventSource } from '../http/http-rows.js'

type Undici = typeof undici7

/** @internal */
export const socketUrl = ({ origin }: Lab) => `${origin.replace('http', 'ws')}/v1/socket`

const silent: Exception = {
  columns: ['E'],
  why: 'the error event of a WebSocket or EventSource has no cause',
}
/** @internal */
export const unasked: Exception = {
  columns: ['R'],
  why: 'the class opens its socket by itself and asks nobody after a rejection; sendWithAuth recovers',
}
const statusless: Exception = {
  columns: ['R'],
  why: 'this WebSocket does not tell the status of a rejection; with a dispatcher it recovers',
}

/** @internal */
export interface SocketLike {
  close(): void
  resume?(): void
  addEventListener(type: string, listener: (event: { data?: unknown; error?: unknown }) => void): void
}

/** @internal Opens a socket, and waits for what the server says first. */
function greeted(socket: SocketLike, signal: AbortSignal | undefined, seen = () => {}): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => {
      socket.close()
      reject(signal.reason)
    })
    socket.addEventListener('message', ({ data }) => {
      seen()
      socket.close()
      resolve(`${data} ok last`)
    })
    for (const type of ['error', 'close'])
      socket.addEventListener(type, (event) => reject(event.error ?? new Error(`event ${type}`)))
    socket.resume?.()
  })
}

/** @internal */
export function overSocket(
  open: (signal?: AbortSignal) => Promise<SocketLike> | SocketLike,
  close?: () => unknown,
): TriedClient {
  return {
    call: async (signal) => greeted(await open(signal), signal),
    stream: async (seen) => greeted(await open(), undefined, seen),
    ...(close && { close }),
  }
}

function withDispatcher(undici: Undici, lab: Lab, open: (dispatcher: undici7.Dispatcher) => SocketLike) {
  const { auth, allowedOrigins } = lab
  const dispatcher = new undici.Agent().compose(authInterceptor(auth, { allowedOrigins }))
  return overSocket(
    () => open(dispatcher),
    () => dispatcher.destroy(),
  )
}

const loaders = {
  'undici 7': () => import('undici7'),
  'undici 8': () => import('undici8') as Promise<unknown>,
}

/** WebSockets and event sources. */
export const socketRows: readonly Row[] = [
  ...Object.entries(loaders).flatMap(([name, load]): Row[] => {
    const shared = { ...(name === 'undici 8' && { needsNode: 22 }), skips: ['U'] as const }
    return [
      {
        ...shared,
        client: `${name} WebSocket`,
        via: 'authInterceptor',
        glue: 'new WebSocket(url, { dispatcher })',
        exceptions: [silent],
        async open(lab) {
          const undici = (await load()) as Undici
          return withDispatcher(
            undici,
            lab,
            (dispatcher) => new undici.WebSocket(socketUrl(lab), { dispatcher }) as never,
          )
        },
      },
      {
        ...shared,
        client: `${name} WebSocket`,
        via: 'handshakeAuth',
        glue: 'const { url, headers } = await handshakeAuth(auth, { url }); new WebSocket(url, { headers })',
        exceptions: [statusless],
        async open(lab) {
          const undici = (await load()) as Undici
          const { auth, allowedOrigins } = lab
          return overSocket(async () => {
            const { url: opened, headers } = await handshakeAuth(
              auth,
              { url: socketUrl(lab) },
              { allowedOrigins },
            )
            return new undici.WebSocket(opened, { headers }) as never
          })
        },
      },
      {
        ...shared,
        client: `${name} EventSource`,
        via: 'authInterceptor',
        glue: 'new EventSource(url, { dispatcher })',
        skips: ['U', 'A'],
        exceptions: [silent],
        async open(lab) {
          const undici = (await load()) as Undici
          const { auth, allowedOrigins } = lab
          const dispatcher = new undici.Agent().compose(authInterceptor(auth, { allowedOrigins }))
          const open = () => new undici.EventSource(`${lab.origin}/v1/events`, { dispatcher } as never)
          return { ...overEventSource(open as never), close: () => dispatcher.destroy() }
        },
      },
    ]
  }),
  {
    client: 'WebSocket of Node, with undici 7',
    via: 'authInterceptor',
    glue: 'new WebSocket(url, { dispatcher })',
    skips: ['U'],
    needsNode: 22,
    exceptions: [silent],
    async open(lab) {
      const undici = await import('undici7')
      return withDispatcher(
        undici,
        lab,
        (dispatcher) => new WebSocket(socketUrl(lab), { dispatcher } as never) as never,
      )
    },
  },
  {
    client: 'WebSocket of Node, with undici 8',
    via: 'authInterceptor',
    glue: 'new WebSocket(url, { dispatcher })',
    skips: ['U'],
    needsNode: 22,
    exceptions: [
      silent,
      {
        columns: ['W', 'R', 'S'],
        why: "Node's own WebSocket calls a dispatcher as undici 7 and before do; use undici 7, or the WebSocket of undici 8",
      },
    ],
    async open(lab) {
      const undici = (await import('undici8')) as unknown as Undici
      return withDispatcher(
        undici,
        lab,
        (dispatcher) => new WebSocket(socketUrl(lab), { dispatcher } as never) as never,
      )
    },
  },
  {
    client: 'WebSocket of Node',
    via: 'handshakeAuth',
    glue: 'const { url, headers } = await handshakeAuth(auth, { url }); new WebSocket(url, { headers })',
    skips: ['U'],
    needsNode: 22,
    exceptions: [statusless],
    open: (lab) =>
      overSocket(async () => {
        const { auth, allowedOrigins } = lab
        const { url: opened, headers } = await handshakeAuth(
          auth,
          { url: socketUrl(lab) },
          { allowedOrigins },
        )
        return new WebSocket(opened, { headers } as never) as never
      }),
  },
  {
    client: 'ws',
    via: 'sendWithAuth',
    glue: 'see the recipe of ws',
    isCommon: true,
    skips: ['U'],
    open: (lab) =>
      overSocket(async (signal) => {
        const { auth, allowedOrigins } = lab
        const asked = { url: socketUrl(lab) }
        const result = await sendWithAuth(auth, asked, (opened) => openWs(opened, signal), { allowedOrigins })
        if (!(result instanceof WsSocket)) throw new Error(`status ${result.statusCode}`)
        return result as never
      }),
  },
  {
    client: 'ws, following redirects',
    via: 'handshakeAuth',
    glue: 'new WebSocket(url, { finishRequest: finishWithAuth(auth), followRedirects: true })',
    skips: ['U'],
    exceptions: [unasked],
    open: (lab) =>
      overSocket(
        () =>
          new WsSocket(socketUrl(lab), {
            finishRequest: finishWithAuth(lab),
            followRedirects: true,
          }) as never,
      ),
  },
  {
    client: 'ws, following redirects with given headers',
    via: 'handshakeAuth',
    glue: 'new WebSocket(url, { headers, followRedirects: true })',
    skips: ['U'],
    exceptions: [
      unasked,
      {
        columns: ['X'],
        kinds: ['api-key', 'sigv4', 's3', 'agent'],
        why: 'ws drops only authorization and cookie on a redirect to another origin; set followRedirects to false',
      },
    ],
    open: (lab) =>
      overSocket(async () => {
        const { auth, allowedOrigins } = lab
        const opened = await handshakeAuth(auth, { url: socketUrl(lab) }, { allowedOrigins })
        return new WsSocket(opened.url, { headers: opened.headers, followRedirects: true }) as never
      }),
  },
]

// #region ws
/** Resolves with the open socket, or with the response that rejected it. */
function openWs({ url, headers }: OpenedHandshake, signal: AbortSignal | undefined) {
  return new Promise<WsSocket | import('node:http').IncomingMessage>((resolve, reject) => {
    const socket = new WsSocket(url, { headers, followRedirects: false })
    signal?.addEventListener('abort', () => socket.terminate())
    socket.on('error', reject).on('open', () => {
      // Until the caller listens, no message may come.
      socket.pause()
      resolve(socket)
    })
    socket.on('unexpected-response', (_request, response) => resolve(response))
  })
}
// #endregion

// #region classes that open a WebSocket of ws by themselves
/**
 * `finishRequest` of ws: authenticates a handshake, and each one after a redirect, just before it is sent. A redirect
 * to another origin is an error.
 *
 * @internal
 */
export function finishWithAuth({ auth, allowedOrigins }: Lab) {
  return (request: ClientRequest, { url }: WsSocket) => {
    const headers = Object.entries(request.getHeaders()).map(
      ([name, value]) => [name, String(value)] as const,
    )
    const send = (opened: OpenedHandshake) => {
      for (const name of request.getHeaderNames()) if (!(name in opened.headers)) request.removeHeader(name)
      for (const [name, value] of Object.entries(opened.headers)) request.setHeader(name, value)
      const { pathname, search } = new URL(opened.url)
      request.path = pathname + search
      request.end()
    }
    handshakeAuth(auth, { url, headers }, { allowedOrigins }).then(send, (error) => request.destroy(error))
  }
}
// #endregion
