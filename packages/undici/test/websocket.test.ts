import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bearerAuth } from '@outbound-auth/bearer'
import { Agent, WebSocket } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { authInterceptor } from '../src/index.js'

it('authInterceptor() recovers a WebSocket that is opened with its dispatcher', async () => {
  const seen: unknown[] = []
  const server = createServer().on('upgrade', (request, socket) => {
    seen.push(request.headers.authorization)
    if (request.headers.authorization !== 'Bearer token-2')
      return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    // RFC 6455, section 4.2.2, and one frame with the text `hi`.
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    return socket.write(Buffer.from([0x81, 2, 0x68, 0x69]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let calls = 0
  const auth = bearerAuth({ token: () => `token-${++calls}`, refreshIntervalMs: 0 })
  const agent = new Agent()
  const dispatcher = agent.compose(authInterceptor(auth, { allowedOrigins: [`http://127.0.0.1:${port}`] }))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await agent.destroy()
  })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { dispatcher })
  const text = await new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => resolve(data))
    socket.addEventListener('error', ({ error }) => reject(error))
  })
  expect(text).toBe('hi')
  expect(seen).toEqual(['Bearer token-1', 'Bearer token-2'])
})
