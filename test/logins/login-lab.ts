import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { oauthRefresh, rotatingToken, type StoredToken } from '../../packages/bearer/src/index.js'
import {
  AuthError,
  type AuthEvent,
  type DocumentStore,
  type SourceOptions,
  type TokenSource,
} from '../../packages/core/src/index.js'
import { type FileStoreOptions, fileStore } from '../../packages/file-store/src/index.js'

/** The token server's response to a valid refresh token; `rotate` replaces that token, and gives the next one. */
export type Answer = (response: ServerResponse, rotate: () => string) => void | Promise<void>

/** A login in a file, at a server that takes each refresh token once and ends the login when it sees one again. */
export interface LoginLab {
  readonly path: string
  readonly url: string
  readonly store: DocumentStore<StoredToken>
  /** The refresh tokens that the server was shown. */
  readonly shown: string[]
  readonly events: AuthEvent[]
  /** The server's next response; by default it gives new tokens. */
  answer: Answer
  nowMs: number
  /** Another process, with its own view of the file. */
  start(options?: ProcessOptions): TokenSource
  /** The refresh token that works now; undefined when the server has ended the login. */
  current(): string | undefined
}

/** The deviations of one process. */
export interface ProcessOptions {
  readonly store?: Partial<FileStoreOptions<StoredToken>> | DocumentStore<StoredToken> | undefined
  readonly skewMs?: number | undefined
  readonly timeoutMs?: number | undefined
}

/** The response of a server that has no complaint. */
export const newTokens: Answer = (response, rotate) => {
  const next = rotate()
  const accessToken = next.replace('refresh', 'access')
  response.end(JSON.stringify({ access_token: accessToken, expires_in: 3600, refresh_token: next }))
}

/** Makes a login whose access token has ended; the folder and the server end with the test. */
export async function createLogin(): Promise<LoginLab> {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-login-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'token.json')
  let current: string | undefined = 'refresh-0'
  const shown: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const refreshToken = new URLSearchParams(Buffer.concat(chunks).toString()).get('refresh_token') ?? ''
    shown.push(refreshToken)
    if (refreshToken === current) {
      await lab.answer(response, () => {
        current = `refresh-${shown.length}`
        return current
      })
      return
    }
    // A token that is shown twice may be stolen: nothing of this login is good any more.
    current = undefined
    response.writeHead(400).end('{"error":"invalid_grant"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const events: AuthEvent[] = []
  const lab: LoginLab = {
    path,
    url,
    store: fileStore<StoredToken>({ path }),
    shown,
    events,
    answer: newTokens,
    nowMs: Date.UTC(2026, 0, 1),
    current: () => current,
    start({ store, skewMs = 0, timeoutMs } = {}) {
      const now = () => new Date(lab.nowMs + skewMs)
      return rotatingToken({
        store: isStore(store) ? store : fileStore<StoredToken>({ path, ...store }),
        refresh: oauthRefresh({ tokenEndpoint: url, clientId: 'app', now, timeoutMs }),
        now,
        observer: (event) => events.push(event),
      })
    },
  }
  await lab.store.update(() => ({
    accessToken: 'access-0',
    refreshToken: 'refresh-0',
    expiresAt: '2020-01-01T00:00:00Z',
  }))
  return lab
}

/** The access token that a process gets, or the kind and code of the error. */
export async function outcomeOf(source: TokenSource, options: Partial<SourceOptions> = {}): Promise<string> {
  try {
    const forceRefresh = options.rejected !== undefined
    const given = await source({ signal: new AbortController().signal, forceRefresh, ...options })
    return typeof given === 'string' ? given : given.token
  } catch (error) {
    return AuthError.is(error) ? `${error.kind} ${error.code}` : String(error)
  }
}

function isStore(store: ProcessOptions['store']): store is DocumentStore<StoredToken> {
  return store !== undefined && 'update' in store
}
