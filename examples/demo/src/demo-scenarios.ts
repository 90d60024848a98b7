import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { DemoScenario } from './demo-scenario.js'
import { check, unwanted } from './find-credential.js'
import { oauthScenarios } from './oauth-scenarios.js'
import { verifyAssertion } from './verify-assertion.js'
import { verifySignature } from './verify-signature.js'
import { workloadScenarios } from './workload-scenarios.js'

/** The scenarios, and the environment that their configuration reads. */
export interface DemoPlan {
  readonly scenarios: readonly DemoScenario[]
  readonly env: Readonly<Record<string, string>>
}

/** The credentials of one run, each a fresh random string. */
interface DemoSecrets {
  readonly literal: string
  readonly fromCommand: string
  readonly expired: string
  readonly rotated: string
  readonly key: string
  readonly prefixed: string
  readonly inQuery: string
  readonly awsSecret: string
  readonly clientSecret: string
  /** The platform's own token. */
  readonly subject: string
  /** The credential of every tampered definition. */
  readonly wrong: string
}

/** Makes the scenarios with fresh random credentials. @param directory for a token file */
export function planDemo(directory: string): DemoPlan {
  const secret = () => randomBytes(24).toString('base64url')
  const secrets: DemoSecrets = {
    literal: secret(),
    fromCommand: secret(),
    expired: secret(),
    rotated: secret(),
    key: secret(),
    prefixed: secret(),
    inQuery: secret(),
    awsSecret: secret(),
    clientSecret: secret(),
    subject: secret(),
    wrong: secret(),
  }
  return {
    scenarios: [
      literalScenario(secrets),
      commandScenario(secrets),
      rotatedScenario(secrets, directory),
      ...apiKeyScenarios(secrets),
      awsScenario(secrets),
      ...agentScenarios(),
      ...oauthScenarios(secrets.clientSecret),
      ...workloadScenarios(secrets.subject, directory),
      localScenario(secrets),
    ],
    env: {
      // The demo wrote the file itself, into a folder of its own.
      OUTBOUND_AUTH_TRUST: '1',
      DEMO_COMMAND_TOKEN: secrets.fromCommand,
      DEMO_KEY: secrets.key,
      DEMO_PREFIXED: secrets.prefixed,
      DEMO_QUERY: secrets.inQuery,
      DEMO_AWS_SECRET: secrets.awsSecret,
      DEMO_CLIENT: secrets.clientSecret,
      DEMO_SUBJECT: secrets.subject,
      DEMO_WRONG: secrets.wrong,
    },
  }
}

function literalScenario({ literal, wrong }: DemoSecrets): DemoScenario {
  return {
    name: 'bearer-literal',
    kind: 'bearer',
    toml: ['kind = "bearer"', `token = "${literal}"`],
    tampered: ['kind = "bearer"', `token = "${wrong}"`],
    verify: (request) => check(request, 'authorization', `Bearer ${literal}`),
  }
}

function commandScenario({ fromCommand }: DemoSecrets): DemoScenario {
  const token = (variable: string) =>
    `token = { command = [${JSON.stringify(process.execPath)}, "-p", "process.env.${variable}"] }`
  return {
    name: 'bearer-command',
    kind: 'bearer',
    toml: ['kind = "bearer"', token('DEMO_COMMAND_TOKEN')],
    tampered: ['kind = "bearer"', token('DEMO_WRONG')],
    verify: (request) => check(request, 'authorization', `Bearer ${fromCommand}`),
  }
}

function rotatedScenario({ expired, rotated, wrong }: DemoSecrets, directory: string): DemoScenario {
  const tokenFile = join(directory, 'rotated-token')
  writeFileSync(tokenFile, `${expired}\n`, { mode: 0o600 })
  writeFileSync(join(directory, 'wrong-token'), `${wrong}\n`, { mode: 0o600 })
  return {
    name: 'bearer-rotated',
    kind: 'bearer',
    toml: ['kind = "bearer"', 'token = { file = "rotated-token" }'],
    tampered: ['kind = "bearer"', 'token = { file = "wrong-token" }'],
    requests: 2,
    verify(request) {
      if (request.headers['authorization'] !== `Bearer ${expired}`) {
        return check(request, 'authorization', `Bearer ${rotated}`)
      }
      // Another process rotates the token between two requests; the client learns of it by the rejection.
      writeFileSync(tokenFile, `${rotated}\n`)
      return 'the token has expired'
    },
  }
}

function apiKeyScenarios({ key, prefixed, inQuery }: DemoSecrets): DemoScenario[] {
  const prefix = ['kind = "api-key"', 'header = "authorization"', 'key = { env = "DEMO_PREFIXED" }']
  return [
    {
      name: 'api-key-header',
      kind: 'api-key',
      toml: ['kind = "api-key"', 'header = "x-api-key"', 'key = { env = "DEMO_KEY" }'],
      tampered: ['kind = "api-key"', 'header = "x-api-key"', 'key = { env = "DEMO_WRONG" }'],
      verify: (request) => check(request, 'x-api-key', key),
    },
    {
      name: 'api-key-prefix',
      kind: 'api-key',
      toml: [...prefix, 'prefix = "Token "'],
      tampered: prefix,
      verify: (request) => check(request, 'authorization', `Token ${prefixed}`),
    },
    {
      name: 'api-key-query',
      kind: 'api-key',
      toml: ['kind = "api-key"', 'query = "key"', 'key = { env = "DEMO_QUERY" }'],
      tampered: ['kind = "api-key"', 'query = "key"', 'key = { env = "DEMO_WRONG" }'],
      verify: (request) => check(request, '?key', inQuery),
    },
  ]
}

function awsScenario({ awsSecret }: DemoSecrets): DemoScenario {
  const toml = (variable: string) => [
    'kind = "sigv4"',
    'service = "execute-api"',
    'region = "us-east-1"',
    `credentials = { access_key_id = "AKIDDEMO", secret_access_key = { env = "${variable}" } }`,
  ]
  return {
    name: 'aws-signature',
    kind: 'sigv4',
    toml: toml('DEMO_AWS_SECRET'),
    tampered: toml('DEMO_WRONG'),
    verify: (request) =>
      unwanted(request, 'authorization') ??
      verifySignature(request, { accessKeyId: 'AKIDDEMO', secretAccessKey: awsSecret }),
  }
}

function localScenario({ wrong }: DemoSecrets): DemoScenario {
  return {
    name: 'local-server',
    kind: 'none',
    toml: ['kind = "none"', 'reason = "this server asks for none"'],
    tampered: ['kind = "bearer"', `token = "${wrong}"`],
    verify: (request) => check(request),
  }
}

/** An agent with its own key: rejected with a changed key, for another task, and an hour after it was signed. */
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
      // The requests of `agent-late` reach the server an hour late.
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
