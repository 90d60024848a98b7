import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A proxy between clients and an engine, which a test makes slow, cuts, or makes swallow everything. */
export interface TcpProxy {
  readonly port: number
  /** Ends all connections, and each new one at once, until `heal`. */
  cut(): void
  /** Takes everything and passes nothing on, until `heal`: neither side learns of it. */
  blackHole(): void
  /** Connects again. Swallowed bytes arrive now. */
  heal(): void
  /** New connections go to another engine, and the old ones end. */
  turnTo(port: number): void
}

/** Options of {@link startProxy}. */
export interface ProxyOptions {
  readonly port: number
  /** Half of it in each direction, in milliseconds. */
  readonly roundTripMs?: number
}

/** Starts a proxy, which ends with the test. */
export async function startProxy({ port, roundTripMs = 0 }: ProxyOptions): Promise<TcpProxy> {
  const state = { port, isCut: false, isHole: false }
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  const pass = (from: Socket, to: Socket) => {
    from.on('data', (chunk: Buffer) => {
      const write = () => to.writable && to.write(chunk)
      const deliver = () => (state.isHole ? held.push(write) : write())
      if (roundTripMs > 0) setTimeout(deliver, roundTripMs / 2)
      else deliver()
    })
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
    sockets.add(from)
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer((client) => {
    if (state.isCut) return void client.destroy()
    const engine = connect(state.port, '127.0.0.1')
    for (const socket of [client, engine]) socket.setNoDelay(true)
    pass(client, engine)
    pass(engine, client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    endAll()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state.isCut = true
      endAll()
    },
    blackHole() {
      state.isHole = true
    },
    heal() {
      Object.assign(state, { isCut: false, isHole: false })
      for (const write of held.splice(0)) write()
    },
    turnTo(next) {
      state.port = next
      endAll()
    },
  }
}
