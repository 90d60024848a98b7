import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'

/** A stand-in for Redis with the commands of the store: AUTH, SELECT, and EVAL of its two scripts. */
export interface RedisServer {
  readonly port: number
  readonly values: Map<string, string>
  /** The commands in their order, without arguments. */
  readonly commands: string[]
  /** How many connections were opened, and how many of them are open. */
  readonly opened: () => number
  readonly open: () => number
  /** Cuts all connections. */
  cut(): void
}

/** Options of {@link redisServer}. */
export interface RedisServerOptions {
  /** The password of the user `user`. @default none is needed */
  readonly password?: string | undefined
  readonly tls?: TlsOptions | undefined
  /** The reply to each EVAL. @default that of the script */
  readonly reply?: string | undefined
  /** The number of connections on which no EVAL gets a response, from the first one. @default 0 */
  readonly silent?: number | undefined
  /** No command gets a response. @default false */
  readonly isMute?: boolean | undefined
}

/** Starts the server on this machine. It stops at the end of the test. */
export async function redisServer({
  password,
  tls,
  reply,
  silent = 0,
  isMute = false,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const values = new Map<string, string>()
  const commands: string[] = []
  const sockets = new Set<Socket>()
  let opened = 0
  const accept = (socket: Socket) => {
    opened += 1
    const isSilent = opened <= silent
    sockets.add(socket)
    let isAllowed = password === undefined
    let pending = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      for (let read = readCommand(pending); read; read = readCommand(pending)) {
        pending = pending.subarray(read.length)
        const [name = '', ...args] = read.words
        commands.push(name.toUpperCase())
        if (name.toUpperCase() === 'AUTH' && password !== undefined)
          isAllowed = args.at(-1) === password && args[0] === 'user'
        if (isMute || (isSilent && name.toUpperCase() === 'EVAL')) continue
        socket.write(isAllowed ? answer(name.toUpperCase(), args) : denial(name.toUpperCase()))
      }
    })
  }
  const answer = (name: string, args: readonly string[]): string => {
    if (name !== 'EVAL') return /^(AUTH|SELECT)$/.test(name) ? '+OK\r\n' : '-ERR unknown command\r\n'
    if (reply !== undefined) return reply
    const [script = '', , key = '', version, text = ''] = args
    const current = values.get(key)
    if (script.startsWith('return')) return current === undefined ? '$-1\r\n' : bulk(current)
    if ((current ?? '') !== version) return ':0\r\n'
    values.set(key, text)
    return ':1\r\n'
  }
  const server: Server = tls ? createTlsServer(tls, accept) : createServer(accept)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, values, commands, opened: () => opened, open: () => sockets.size, cut }
}

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const denial = (name: string) =>
  name === 'AUTH' ? '-WRONGPASS invalid username-password pair\r\n' : '-NOAUTH Authentication required.\r\n'

/** One command in the protocol of Redis, an array of strings; undefined if it has not come as a whole. */
function readCommand(bytes: Buffer): { readonly words: string[]; readonly length: number } | undefined {
  let position = 0
  const readLine = () => {
    const end = bytes.indexOf('\r\n', position)
    if (end < 0) return undefined
    const line = bytes.toString('latin1', position, end)
    position = end + 2
    return line
  }
  const head = readLine()
  if (head === undefined) return undefined
  const words: string[] = []
  for (let count = Number(head.slice(1)); count > 0; count--) {
    const size = readLine()
    if (size === undefined) return undefined
    const end = position + Number(size.slice(1))
    if (bytes.length < end + 2) return undefined
    words.push(bytes.toString('utf8', position, end))
    position = end + 2
  }
  return { words, length: position }
}
