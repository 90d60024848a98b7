import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import {
  bearerAuth,
  oauthRefresh,
  rotatingToken,
  type StoredToken,
} from '../../../packages/bearer/src/index.js'
import { authFetch } from '../../../packages/fetch/src/index.js'
import { fileStore } from '../../../packages/file-store/src/index.js'
import { isFull, temporaryPath } from './worker.js'

const lifeMs = 3_600_000
const atOnce = 50

it('100 requests for each of many rotations all have a valid token, and each rotation is one request', async () => {
  const rotations = isFull ? 1000 : 100
  let nowMs = Date.UTC(2026, 0, 1)
  const now = () => new Date(nowMs)
  const stats = { requests: 0, unauthenticated: 0, refused: 0, tokenRequests: 0, reused: 0 }
  let refreshToken = 'refresh-0'
  const ends = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.url === '/token') {
      const shown = new URLSearchParams(Buffer.concat(chunks).toString()).get('refresh_token')
      stats.tokenRequests += 1
      if (shown !== refreshToken) {
        stats.reused += 1
        response.writeHead(400).end('{"error":"invalid_grant"}')
        return
      }
      refreshToken = `refresh-${stats.tokenRequests}`
      const answer = {
        access_token: `access-${stats.tokenRequests}`,
        token_type: 'Bearer',
        expires_in: lifeMs / 1000,
      }
      ends.set(answer.access_token, nowMs + lifeMs)
      response.end(JSON.stringify({ ...answer, refresh_token: refreshToken }))
      return
    }
    stats.requests += 1
    const token = request.headers.authorization?.slice('Bearer '.length)
    if (token === undefined) stats.unauthenticated += 1
    const isValid = (ends.get(token ?? '') ?? 0) > nowMs
    if (!isValid) stats.refused += 1
    response.writeHead(isValid ? 200 : 401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const store = fileStore<StoredToken>({ path: await temporaryPath() })
  await store.update(() => ({ refreshToken }))
  const refresh = oauthRefresh({ tokenEndpoint: `${origin}/token`, clientId: 'app', now })
  const fetch = authFetch(bearerAuth({ token: rotatingToken({ store, refresh, now }), now }), {
    allowedOrigins: [origin],
  })
  const send = async () => {
    const response = await fetch(origin)
    await response.text()
    return response.status
  }
  for (let batch = 0; batch < rotations * 2; batch++) {
    const statuses = await Promise.all(Array.from({ length: atOnce }, send))
    expect(new Set(statuses)).toEqual(new Set([200]))
    // Every second batch finds a token that has ended.
    nowMs += lifeMs / 2
  }
  expect(stats).toMatchObject({ requests: rotations * 2 * atOnce, unauthenticated: 0, refused: 0, reused: 0 })
  expect(stats.tokenRequests).toBeGreaterThanOrEqual(rotations)
  expect(stats.tokenRequests).toBeLessThanOrEqual(rotations + 1)
  console.log(JSON.stringify(stats))
}, 300_000)
