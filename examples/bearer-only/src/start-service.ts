import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A service on this machine. Its token endpoint issues tokens for an hour, and everything else wants the last of them.
 */
export interface Service {
  readonly origin: string
  /** The calls so far. */
  readonly seen: { issued: number; accepted: number; refused: number }
  /** While this is true, the token endpoint answers 503. */
  isTokenEndpointDown: boolean
  /** The clock by which its tokens expire. */
  now(): Date
  /** Puts that clock forward, so that nobody has to wait for an hour. */
  passHour(): void
  /** Makes the last token worthless before its time. */
  revokeToken(): void
  close(): void
}

/** Starts it. */
export async function startService(): Promise<Service> {
  const lifeSeconds = 3600
  let passedMs = 0
  const now = () => new Date(Date.now() + passedMs)
  let good = { authorization: '', endMs: 0 }
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/token') {
      if (service.isTokenEndpointDown) return answer(503, { error: 'try again later' })
      service.seen.issued++
      const token = randomUUID()
      good = { authorization: `Bearer ${token}`, endMs: now().getTime() + lifeSeconds * 1000 }
      return answer(200, { access_token: token, expires_in: lifeSeconds })
    }
    const isGood = request.headers.authorization === good.authorization && now().getTime() < good.endMs
    service.seen[isGood ? 'accepted' : 'refused']++
    return isGood ? answer(200, { data: [{ id: 'model-1' }] }) : answer(401, { error: 'invalid_token' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const service: Service = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: { issued: 0, accepted: 0, refused: 0 },
    isTokenEndpointDown: false,
    now,
    passHour() {
      passedMs += 3_600_000
    },
    revokeToken() {
      good = { authorization: '', endMs: 0 }
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return service
}
