import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { type CliResult, runCli } from '../run-cli.js'
import { configOf, fill, flagsOf, type Placeholders, placeholdersOf } from './codex-recording.js'
import type { Recording } from './recorded-scenario.js'

/** A request as the mock saw it. */
export interface LabRequest {
  readonly class: string
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly status: number
}

/** The outcome of one replay. */
export interface Replay extends CliResult {
  readonly seen: readonly LabRequest[]
  readonly placeholders: Placeholders
  readonly authBefore: string | undefined
  readonly authAfter: string | undefined
  readonly authMode: number | undefined
  readonly agentKey: KeyObject | undefined
}

/** The mock's body of a rejection: at Amazon Bedrock a 403 names the code at the start of its message. */
const refusals = new Map([
  [401, 'lab says no'],
  [403, 'ExpiredTokenException: lab says no'],
])

/** When the recordings were made. */
const recordedAtMs = Date.parse('2026-11-23T18:04:00Z')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const tokenOf = (claims: object) =>
  `${[{ alg: 'none', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.c2ln`

/**
 * Replays a recording through the command: a home of its own, and a mock that answers as recorded.
 *
 * @param now stands for the instant of the recording; the command reads the clock of the process
 */
export async function replay(recording: Recording, now: Date): Promise<Replay> {
  const home = mkdtempSync(join(tmpdir(), 'outbound-auth-codex-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const seen: LabRequest[] = []
  const authPath = join(home, '.codex', 'auth.json')
  let placeholders: Record<string, string> = {}
  const counts = new Map<string, number>()
  const { model_requests: models, outcome } = recording.required

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const headers: [string, string][] = []
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      headers.push([String(request.rawHeaders[index]).toLowerCase(), String(request.rawHeaders[index + 1])])
    }
    const origin = headers.find(([name]) => name === 'x-lab-origin')?.[1] ?? ''
    const path = request.url ?? ''
    const kind = classOf(path)
    const index = counts.get(kind) ?? 0
    counts.set(kind, index + 1)
    const answer = answerTo(kind, index)
    seen.push({
      class: kind,
      method: request.method ?? '',
      url: origin + path,
      headers: headers.filter(([name]) => name !== 'x-lab-origin'),
      body: Buffer.concat(chunks).toString(),
      status: answer.status,
    })
    if (kind === 'model' && index === 0 && recording.scenario === 'chatgpt-401-disk-newer') {
      writeFileSync(authPath, JSON.stringify({ ...recording.auth_json_after, last_refresh: now }))
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })

  function answerTo(kind: string, index: number): { status: number; body: unknown } {
    if (kind === 'model') {
      const status = models[index]?.status ?? (outcome === 'ok' ? 200 : (models.at(-1)?.status ?? 200))
      return { status, body: status === 200 ? { ok: true } : { error: { message: refusals.get(status) } } }
    }
    if (kind === 'other') return { status: 404, body: {} }
    const recorded = recording.requests.filter((request) => request.class === kind)
    const { status, body } = (recorded[index] ?? recorded.at(-1))?.response ?? { status: 200 }
    if (kind === 'jwks' && status === 200) {
      const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'lab-kid-1', alg: 'RS256', use: 'sig' }
      return { status, body: { keys: [jwk] } }
    }
    const accountClaim = { 'https://api.openai.com/auth': { chatgpt_account_id: 'acct-lab' } }
    const renewed = { access_token: tokenOf({ exp: 4102444800, jti: 'default', ...accountClaim }) }
    return { status, body: body ?? (kind === 'token-refresh' ? renewed : {}) }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const shifted = shiftTimes(recording.auth_json, now)
  placeholders = { MOCK: origin, HOME: home }
  const resigned = resign({ auth: shifted, env: recording.env })
  const auth = fill(resigned.auth, placeholders)
  const env = fill(resigned.env, placeholders)
  Object.assign(placeholders, placeholdersOf('auth_json', auth), placeholdersOf('env', env))

  const put = (name: string, text: string, mode: number) => {
    const path = join(home, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, fill(text, placeholders), { mode })
  }
  put('.codex/config.toml', configOf(recording), 0o644)
  mkdirSync(join(home, 'work'), { recursive: true })
  // No program of this machine asks a server of Google.
  put('guard/gcloud', '#!/bin/sh\nexit 1\n', 0o755)
  for (const [name, text] of Object.entries(recording.files ?? {})) put(name, text, 0o755)
  if (auth !== null) put('.codex/auth.json', JSON.stringify(auth, null, 2), 0o600)

  const own = { PATH: `${join(home, 'guard')}:${process.env['PATH']}`, HOME: home }
  const wholeEnv = { ...own, AWS_EC2_METADATA_DISABLED: 'true', ...env }
  // The AWS credential chain reads the process's own environment.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(wholeEnv)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())

  const result = await runCli(
    ['request', 'POST', 'responses', '--codex-home', join(home, '.codex'), '-d', '@-', ...flagsOf(recording)],
    {
      input: '{"model":"mock-model","stream":true,"input":[]}',
      env: wholeEnv,
      cwd: join(home, 'work'),
      fetch: (input, init) => {
        const url = new URL(String(input))
        const headers = { ...(init?.headers as Record<string, string>), 'x-lab-origin': url.origin }
        return fetch(origin + url.pathname + url.search, { ...init, headers })
      },
    },
  )
  return {
    ...result,
    seen,
    placeholders,
    authBefore: auth === null ? undefined : JSON.stringify(auth, null, 2),
    authAfter: readIfThere(authPath),
    authMode: auth === null ? undefined : statSync(authPath).mode & 0o777,
    agentKey: agentKeyOf(auth, env, readIfThere(authPath)),
  }
}

function classOf(path: string): string {
  if (/\/responses(\/compact)?(\?|$)/.test(path)) return 'model'
  if (path.endsWith('/oauth/token')) return 'token-refresh'
  if (path.endsWith('/task/register')) return 'agent-task-register'
  if (path.endsWith('/agent/register')) return 'agent-register'
  if (path.endsWith('/jwks')) return 'jwks'
  return path.endsWith('/whoami') ? 'whoami' : 'other'
}

/** A login that was refreshed 7.9 days before the recording was refreshed 7.9 days ago. */
function shiftTimes(auth: Recording['auth_json'], now: Date): Recording['auth_json'] {
  const at = auth?.['last_refresh']
  if (typeof at !== 'string') return auth
  return { ...auth, last_refresh: new Date(Date.parse(at) + now.getTime() - recordedAtMs).toISOString() }
}

/** The key of the recorded agent JWTs is not known, so they are signed again with one of this process. */
function resign<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value).replace(/(eyJhbGciOiJSUzI1NiI[\w-]+\.[\w-]+)\.[\w-]+/g, (_, signed: string) => {
      return `${signed}.${sign('sha256', Buffer.from(signed), rsa.privateKey).toString('base64url')}`
    }),
  )
}

function agentKeyOf(auth: unknown, env: unknown, after: string | undefined): KeyObject | undefined {
  const text = JSON.stringify([auth, env, after && JSON.parse(after)])
  const claims = [...text.matchAll(/eyJhbGciOiJSUzI1NiI[\w-]+\.([\w-]+)\./g)].map(([, part = '']) =>
    Buffer.from(part, 'base64url').toString(),
  )
  const encoded = /"agent_private_key":"([A-Za-z0-9+/=]+)"/.exec(text + claims.join())?.[1]
  if (encoded === undefined) return undefined
  const seed = Buffer.from(encoded, 'base64').subarray(16, 48)
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}

/** Whether a standard base64 signature is the agent's. */
export function isSignedBy(key: KeyObject | undefined, message: string, signature: string): boolean {
  return (
    key !== undefined &&
    /^[A-Za-z0-9+/]{86}==$/.test(signature) &&
    verify(null, Buffer.from(message), key, Buffer.from(signature, 'base64'))
  )
}

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
