import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { folder, loopback, type SeenRequest } from '../loopback.js'
import { type CliResult, runCli } from '../run-cli.js'

/** A folder with one provider of kind `oauth`, and a user with a home of their own. */
export interface LoginLab {
  readonly cwd: string
  readonly home: string
  /** Runs a command line. `onLine` gets each line of standard error as it is written. */
  call(words: readonly string[], options?: CallOptions): Promise<CliResult>
  /** The files of the user's state. */
  state(): string[]
  /** The document of the login. */
  readLogin(): Record<string, unknown>
  writeLogin(login: object): void
  writeConfig(lines: readonly string[]): void
}

export interface CallOptions {
  readonly onLine?: (line: string) => void
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string>>
  readonly isTrusted?: boolean
}

const text = (lines: readonly string[]) => `[providers.user]\nkind = "oauth"\n${lines.join('\n')}\n`

/** @param lines the keys of the provider */
export function loginLab(lines: readonly string[]): LoginLab {
  const cwd = folder({ 'outbound-auth.toml': text(lines) })
  const home = folder()
  const state = join(home, '.local', 'state', 'outbound-auth')
  const loginFile = () =>
    join(state, readdirSync(state).find((name) => /^login-[\da-f]{32}\.json$/.test(name)) ?? 'no-login')
  return {
    cwd,
    home,
    state: () => (existsSync(state) ? readdirSync(state) : []),
    readLogin: () => JSON.parse(readFileSync(loginFile(), 'utf8')),
    writeLogin: (login) => writeFileSync(loginFile(), JSON.stringify(login), { mode: 0o600 }),
    writeConfig: (changed) => writeFileSync(join(cwd, 'outbound-auth.toml'), text(changed)),
    async call(words, { onLine, env, ...options } = {}) {
      const stderr = new PassThrough()
      let err = ''
      stderr.on('data', (chunk) => {
        err += chunk
        for (const line of String(chunk).split('\n')) if (line !== '') onLine?.(line)
      })
      const result = await runCli(words, { ...options, cwd, env: { HOME: home, ...env }, stderr })
      return { ...result, err }
    },
  }
}

/** The keys of a provider whose user logs in at the certified server, for a token that is renewed. */
export function certifiedLines({ issuer, apiOrigin }: { issuer: string; apiOrigin: string }): string[] {
  return [
    `issuer = "${issuer}"`,
    'client_id = "app"',
    'scope = "openid offline_access api:read"',
    'parameters = { prompt = "consent" }',
    `base_url = "${apiOrigin}"`,
  ]
}

/** A browser that follows redirects with cookies, until the program's own page. */
export async function browse(start: string): Promise<void> {
  const jar = new Map<string, string>()
  let url = start
  for (let hops = 0; hops < 12; hops++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) return
    url = new URL(location, url).href
  }
}

/** Opens the page that a login shows. */
export const visitor = (line: string): void => {
  const [url] = /http:\S+\bstate=\S+/.exec(line) ?? []
  if (url !== undefined) void browse(url)
}

/**
 * An authorization server with the device flow, which grants a token at each request.
 *
 * @param change properties of the response to a login; `onRefresh` is called when a refresh arrives, and `refreshMs` is
 * the time that it takes
 */
export async function deviceServer(
  change: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly origin: string; readonly seen: SeenRequest[]; readonly lines: readonly string[] }> {
  let granted = 0
  const { origin, seen } = await loopback(({ url, body }, response) => {
    response.setHeader('content-type', 'application/json')
    if (url === '/device')
      return void response.end(
        JSON.stringify({
          device_code: 'SECRET-device',
          user_code: 'ABCD-EFGH',
          verification_uri: `${origin}/page`,
          verification_uri_complete: `${origin}/page?user_code=ABCD-EFGH`,
          expires_in: 600,
          interval: 1,
          ...change,
        }),
      )
    if (url !== '/token') return void response.end('{"ok":true}')
    granted += 1
    const error = change['error']
    if (error !== undefined) return void response.writeHead(400).end(JSON.stringify({ error }))
    const isRefresh = body.includes('grant_type=refresh_token')
    const access = `SECRET-${isRefresh ? 'renewed' : 'access'}-${granted}`
    const token = {
      access_token: access,
      refresh_token: `SECRET-refresh-${granted}`,
      ...(change['token'] as object),
    }
    const reply = JSON.stringify({ token_type: 'Bearer', expires_in: 3600, ...token })
    if (isRefresh) (change['onRefresh'] as (() => void) | undefined)?.()
    setTimeout(() => response.end(reply), isRefresh ? Number(change['refreshMs'] ?? 0) : 0)
  })
  const lines = [
    'client_id = "cli"',
    'grant = "device-code"',
    `token_endpoint = "${origin}/token"`,
    `device_authorization_endpoint = "${origin}/device"`,
    `base_url = "${origin}/api"`,
  ]
  return { origin, seen, lines }
}
