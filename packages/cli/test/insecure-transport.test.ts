import { describe, expect, test } from 'vitest'
import { folder } from './loopback.js'
import { runCli } from './run-cli.js'

const secret = 'SECRET-k3y'
const origin = 'http://gateway.internal'
const table = '[providers.gateway]'

function configured(...lines: readonly string[]): string {
  return folder({ 'outbound-auth.toml': [table, `base_url = "${origin}/v1"`, ...lines].join('\n') })
}

/** Runs a command against a gateway that no network has, and keeps what would have been sent there. */
async function call(cwd: string, ...argv: readonly string[]) {
  const sent: string[] = []
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    const headers = init.headers as Record<string, string>
    sent.push(`${input} ${headers['authorization'] ?? headers['x-api-key'] ?? 'bare'}`)
    return Response.json({})
  }
  const result = await runCli(argv, { cwd, env: { KEY: secret }, fetch: fetch as typeof globalThis.fetch })
  return { ...result, sent }
}

const providers: readonly (readonly [what: string, lines: readonly string[], sent: string])[] = [
  ['bearer', ['kind = "bearer"', `token = "${secret}"`], `Bearer ${secret}`],
  ['api-key', ['kind = "api-key"', 'key = { env = "KEY" }', 'header = "x-api-key"'], secret],
  [
    'none with a literal authorization',
    ['kind = "none"', 'reason = "x"', `headers = { Authorization = "${secret}" }`],
    secret,
  ],
  [
    'none with a literal x-api-key',
    ['kind = "none"', 'reason = "x"', `headers = { x-api-key = "${secret}" }`],
    secret,
  ],
  [
    'none with a variable',
    ['kind = "none"', 'reason = "x"', 'headers = { x-api-key = { env = "KEY" } }'],
    secret,
  ],
  ['none with a parameter', ['kind = "none"', 'reason = "x"', `query = { token = "${secret}" }`], 'bare'],
]

describe.each(providers)('a provider of kind %s', (_what, lines, credential) => {
  test('is not sent over plain http to another machine', async () => {
    const cwd = configured(...lines)
    for (const command of ['request', 'headers', 'explain']) {
      const { code, err, sent } = await call(cwd, command, 'models')
      expect({ command, code, sent }).toEqual({ command, code: 3, sent: [] })
      expect(err).toContain('ERR_AUTH_INSECURE_TRANSPORT')
      expect(err).not.toContain(secret)
    }
  })

  test('is sent with allow_insecure_transport in the file', async () => {
    const cwd = configured(...lines, 'allow_insecure_transport = true')
    const { code, err, sent } = await call(cwd, 'request', 'models')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(sent).toEqual([
      expect.stringMatching(new RegExp(`^${origin}/v1/models(\\?token=${secret})? ${credential}$`)),
    ])
    expect((await call(cwd, 'headers', 'models')).code).toBe(0)
    expect((await call(cwd, 'explain', 'models')).code).toBe(0)
  })

  test('is sent with --allow-insecure-transport', async () => {
    const cwd = configured(...lines)
    const { code, sent } = await call(cwd, 'request', 'models', '--allow-insecure-transport')
    expect({ code, count: sent.length }).toEqual({ code: 0, count: 1 })
    expect((await call(cwd, 'headers', 'models', '--allow-insecure-transport')).code).toBe(0)
    expect((await call(cwd, 'explain', 'models', '--allow-insecure-transport')).code).toBe(0)
  })

  test('is not sent with allow_insecure_transport = false', async () => {
    const { code, sent } = await call(
      configured(...lines, 'allow_insecure_transport = false'),
      'request',
      'models',
    )
    expect({ code, sent }).toEqual({ code: 3, sent: [] })
  })
})

test('allow_insecure_transport must be true or false', async () => {
  const cwd = configured('kind = "bearer"', 'token = "t"', 'allow_insecure_transport = "yes"')
  const { code, err } = await call(cwd, 'request', 'models')
  expect({ code, err }).toEqual({
    code: 2,
    err: 'outbound-auth: outbound-auth.toml:5: allow_insecure_transport must be true or false (ERR_CLI_CONFIG)\n',
  })
})

test('--allow-insecure-transport reaches a Codex home, and leaves other origins rejected', async () => {
  const home = folder({
    'config.toml': `model_provider = "lab"\n${table.replace('providers.gateway', 'model_providers.lab')}\nname = "Lab"\nbase_url = "${origin}/v1"\nenv_key = "KEY"\n`,
  })
  expect((await call(home, 'request', 'models', '--codex-home', home)).code).toBe(3)
  const allowed = ['--codex-home', home, '--allow-insecure-transport']
  expect((await call(home, 'request', 'models', ...allowed)).sent).toEqual([
    `${origin}/v1/models Bearer ${secret}`,
  ])
  const { code, err, sent } = await call(home, 'request', 'http://other.internal/', ...allowed)
  expect({ code, sent }).toEqual({ code: 3, sent: [] })
  expect(err).toContain('ERR_AUTH_ORIGIN')
})

test('--allow-insecure-transport is told of Amazon Bedrock in a file as well', async () => {
  const bedrock = ['kind = "bedrock"', 'region = "us-east-1"', `token = "${secret}"`]
  expect((await call(configured(...bedrock), 'request', 'models')).code).toBe(3)
  const { sent } = await call(configured(...bedrock, 'allow_insecure_transport = true'), 'request', 'models')
  expect(sent).toEqual([`${origin}/v1/models Bearer ${secret}`])
})
