// Prevents the mistake of a second way to find a free port of this machine and to wait for a server on it: the tests of
// the S3 server and of the fleet start real servers.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export const host = '127.0.0.1'

/**
 * Ports that nobody listens on now.
 *
 * @param {number} count
 */
export async function freePorts(count) {
  const holders = Array.from({ length: count }, () => createServer().listen(0, host))
  await Promise.all(holders.map((holder) => once(holder, 'listening')))
  const ports = holders.map((holder) => /** @type {import('node:net').AddressInfo} */ (holder.address()).port)
  await Promise.all(holders.map((holder) => once(holder.close(), 'close')))
  return ports
}

/**
 * Waits until a server listens. Rejects with its log when it ends before, or after the limit.
 *
 * @param {number} port
 * @param {import('node:child_process').ChildProcess} server
 * @param {{ log: string, limitMs: number }} options `log`: the path of the file that the server writes
 */
export async function untilListening(port, server, { log, limitMs }) {
  const endMs = performance.now() + limitMs
  for (; performance.now() < endMs && server.exitCode === null; await pause(20)) {
    const socket = connect(port, host)
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
  }
  throw new Error(`The server does not listen on port ${port}:\n${readFileSync(log, 'utf8').slice(-2000)}`)
}
