import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { DemoRequest } from './demo-request.js'
import { verifyAssertion } from './verify-assertion.js'
import { verifySignature } from './verify-signature.js'

/** One way to authenticate: how it is configured, and how a server checks it. A further kind is one more entry. */
export interface DemoScenario {
  /** Name of the provider, and the first segment of its path on the server. */
  readonly name: string
  readonly kind: string
  /** Lines of `[providers.NAME]` besides `base_url`. */
  readonly toml: readonly string[]
  /** The same with a credential that is wrong; the server must refuse it. */
  readonly tampered: readonly string[]
  /** What of the credential the server does not accept, in words; undefined when it accepts all. */
  readonly verify: (request: DemoRequest) => string | undefined | Promise<string | undefined>
  /** How many requests it takes. @default 1 */
  readonly requests?: number
}

/** The scenarios, and the environment that their configuration reads. */
export interface DemoPlan {
  readonly scenarios: readonly DemoScenario[]
  readonly env: Readonly<Record<string, string>>
}

/** Makes the scenarios with fresh random credentials. @param directory for a token file */
export function planDemo(directory: string): DemoPlan {
  const secret = () => randomBytes(24).toString('base64url')
  const [literal, fromCommand, expired, rotated, key, prefixed, inQuery, awsSecret] = Array.from(
    { length: 8 },
    secret,
  )
  const aws = ['kind = "sigv4"', 'service = "execute-api"', 'region = "us-east-1"']
  const wrong = secret()
  const tokenFile = 'rotated-token'
  writeFileSync(join(directory, tokenFile), `${expired}\n`)
  writeFileSync(join(directory, 'wrong-token'), `${wrong}\n`)
  const command = (variable: string) =>
    `token = { command = [${JSON.stringify(process.execPath)}, "-p", "process.env.${variable}"] }`

  const scenarios: DemoScenario[] = [
    {
      name: 'bearer-literal',
      kind: 'bearer',
      toml: ['kind = "bearer"', `token = "${literal}"`],
      tampered: ['kind = "bearer"', `token = "${wrong}"`],
      verify: (request) => check(request, 'authorization', `Bearer ${literal}`),
    },
    {
      name: 'bearer-command',
      kind: 'bearer',
      toml: ['kind = "bearer"', command('DEMO_COMMAND_TOKEN')],
      tampered: ['kind = "bearer"', command('DEMO_WRONG')],
      verify: (request) => check(request, 'authorization', `Bearer ${fromCommand}`),
    },
    {
      name: 'bearer-rotated',
      kind: 'bearer',
      toml: ['kind = "bearer"', `token = { file = "${tokenFile}" }`],
      tampered: ['kind = "bearer"', 'token = { file = "wrong-token" }'],
      requests: 2,
      verify(request) {
        if (request.headers['authorization'] !== `Bearer ${expired}`) {
          return check(request, 'authorization', `Bearer ${rotated}`)
        }
        // Somebody rotates the token between two requests of a client; the refusal is how the client learns of it.
        writeFileSync(join(directory, tokenFile), `${rotated}\n`)
        return 'the token has expired'
      },
    },
    {
      name: 'api-key-header',
      kind: 'api-key',
      toml: ['kind = "api-key"', 'header = "x-api-key"', 'key = { env = "DEMO_KEY" }'],
      tampered: ['kind = "api-key"', 'header = "x-api-key"', 'key = { env = "DEMO_WRONG" }'],
      verify: (request) => check(request, 'x-api-key', `${key}`),
    },
    {
      name: 'api-key-prefix',
      kind: 'api-key',
      toml: [
        'kind = "api-key"',
        'header = "authorization"',
        'prefix = "Token "',
        'key = { env = "DEMO_PREFIXED" }',
      ],
      tampered: ['kind = "api-key"', 'header = "authorization"', 'key = { env = "DEMO_PREFIXED" }'],
      verify: (request) => check(request, 'authorization', `Token ${prefixed}`),
    },
    {
      name: 'api-key-query',
      kind: 'api-key',
      toml: ['kind = "api-key"', 'query = "key"', 'key = { env = "DEMO_QUERY" }'],
      tampered: ['kind = "api-key"', 'query = "key"', 'key = { env = "DEMO_WRONG" }'],
      verify: (request) => check(request, '?key', `${inQuery}`),
    },
    {
      name: 'aws-signature',
      kind: 'sigv4',
      toml: [
        ...aws,
        'credentials = { access_key_id = "AKIDDEMO", secret_access_key = { env = "DEMO_AWS_SECRET" } }',
      ],
      tampered: [
        ...aws,
        'credentials = { access_key_id = "AKIDDEMO", secret_access_key = { env = "DEMO_WRONG" } }',
      ],
      verify: (request) =>
        unwanted(request, 'authorization') ??
        verifySignature(request, { accessKeyId: 'AKIDDEMO', secretAccessKey: `${awsSecret}` }),
    },
    ...agentScenarios(),
    {
      name: 'local-server',
      kind: 'none',
      toml: ['kind = "none"', 'reason = "this server asks for none"'],
      tampered: ['kind = "bearer"', `token = "${wrong}"`],
      verify: (request) => check(request),
    },
  ]
  const env = {
    DEMO_COMMAND_TOKEN: fromCommand,
    DEMO_KEY: key,
    DEMO_PREFIXED: prefixed,
    DEMO_QUERY: inQuery,
    DEMO_AWS_SECRET: awsSecret,
    DEMO_WRONG: wrong,
  }
  return { scenarios, env: env as Record<string, string> }
}

const places = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', '?key']

/** Exactly this credential, in exactly this place, and none in any other. */
function check(request: DemoRequest, place?: string, expected?: string): string | undefined {
  const found = place === undefined ? undefined : findIn(request, place)
  if (place !== undefined && found === undefined) return `no ${place}`
  return found === expected ? unwanted(request, place) : `wrong ${place}`
}

/** A credential in any other place. */
function unwanted(request: DemoRequest, place: string | undefined): string | undefined {
  const other = places.find((candidate) => candidate !== place && findIn(request, candidate) !== undefined)
  return other && `unwanted ${other}`
}

function findIn({ headers, query }: DemoRequest, place: string): string | undefined {
  if (!place.startsWith('?')) return headers[place]?.toString()
  return query.getAll(place.slice(1)).join() || undefined
}

/** An agent with its own key: refused with a changed key, for another task, and an hour after it was signed. */
function agentScenarios(): DemoScenario[] {
  const { secretKey, publicKey } = ed25519.keygen()
  const pkcs8 = (seed: Uint8Array) =>
    Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]).toString('base64')
  const toml = (id: string, task: string, seed: Uint8Array) => [
    'kind = "agent-identity"',
    `agent_runtime_id = "${id}"`,
    `task_id = "${task}"`,
    `private_key = "${pkcs8(seed)}"`,
  ]
  const good = toml('agent-demo', 'task-demo', secretKey)
  const changes: [name: string, tampered: string[]][] = [
    ['agent-key', toml('agent-demo', 'task-demo', ed25519.keygen().secretKey)],
    ['agent-task', toml('agent-demo', 'task-other', secretKey)],
    ['agent-window', toml('agent-late', 'task-demo', secretKey)],
  ]
  return changes.map(([name, tampered]) => ({
    name,
    kind: 'agent-identity',
    toml: good,
    tampered,
    verify(request) {
      const { authorization } = request.headers
      const header = authorization?.toString()
      // What this agent sends reaches the server an hour late.
      const [, envelope = ''] = header?.split(' ') ?? []
      const isLate = Buffer.from(envelope, 'base64url').includes('agent-late')
      return (
        unwanted(request, 'authorization') ??
        verifyAssertion(header, {
          publicKey,
          agentRuntimeId: isLate ? 'agent-late' : 'agent-demo',
          taskId: 'task-demo',
          nowMs: Date.now() + (isLate ? 3_600_000 : 0),
        })
      )
    },
  }))
}
