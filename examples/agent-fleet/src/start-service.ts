import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The authorization server and the API of this example. */
export interface Service {
  readonly origin: string
  readonly login: { readonly accessToken: string; readonly refreshToken: string; readonly expiresAt: string }
  /** Refreshes so far, and how often a spent refresh token was shown. */
  counts(): { readonly refreshes: number; readonly reuses: number }
  /** Revokes the present access token. */
  revoke(): void
  close(): void
}

/** Starts the service. An access token lives an hour, and a refresh token is good for one use. */
export async function startService(): Promise<Service> {
  let access = randomUUID()
  let refresh: string | undefined = randomUUID()
  let refreshes = 0
  let reuses = 0
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const login = { accessToken: access, refreshToken: refresh, expiresAt }

  /** Gives new tokens for the refresh token. A spent one ends the login, because it may have been stolen. */
  function grant(shown: string | null): object {
    if (shown !== refresh || shown === null) {
      reuses += 1
      refresh = undefined
      access = randomUUID()
      return { error: 'invalid_grant' }
    }
    refreshes += 1
    access = randomUUID()
    refresh = randomUUID()
    return { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 3600 }
  }

  const server = createServer(async (request, response) => {
    if (request.url === '/token') {
      const reply = grant(new URLSearchParams(await bodyOf(request)).get('refresh_token'))
      response.writeHead('error' in reply ? 400 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(reply))
      return
    }
    response.writeHead(request.headers.authorization === `Bearer ${access}` ? 200 : 401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    login,
    counts: () => ({ refreshes, reuses }),
    revoke: () => {
      access = randomUUID()
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
