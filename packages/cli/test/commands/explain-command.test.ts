import { expect, test } from 'vitest'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

const gateway = `[providers.gateway]
kind = "api-key"
key = { env = "GATEWAY_KEY" }
query = "key"
base_url = "https://gateway.example/v1"
`
const env = { GATEWAY_KEY: 'SECRET-1', OPENAI_API_KEY: 'SECRET-2' }

test('explain shows the decision and each rule that was passed over', async () => {
  const cwd = folder({ 'outbound-auth.toml': gateway })
  const { code, out, err } = await runCli(['explain', 'https://api.openai.com/v1/models'], { cwd, env })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(
    [
      'URL       https://api.openai.com/v1/models',
      'Provider  openai (preset)',
      'Reason    bearer in header authorization from environment variable OPENAI_API_KEY, for https://api.openai.com',
      'Carries   authorization',
      'Goes to   https://api.openai.com',
      '',
      'passed over  --provider: it was not given',
      'passed over  [providers.gateway] (outbound-auth.toml:1): it allows https://gateway.example, not https://api.openai.com',
      'chosen       preset openai: its origin is https://api.openai.com, and OPENAI_API_KEY is set',
      'chosen       own credential: the definition has a credential of its own, of kind bearer',
      '',
    ].join('\n'),
  )
})

test('explain --json prints one object, with the file and line of the provider', async () => {
  const cwd = folder({ 'outbound-auth.toml': gateway })
  const { out } = await runCli(['explain', 'models?key=SECRET-0', '--json'], { cwd, env })
  expect(JSON.parse(out)).toMatchObject({
    provider: 'gateway',
    place: 'outbound-auth.toml:1',
    url: 'https://gateway.example/v1/models?key=[redacted]',
    kind: 'api-key',
    reason:
      'api-key in query parameter key from environment variable GATEWAY_KEY, for https://gateway.example',
    headerNames: [],
    queryNames: ['key'],
    allowedOrigins: ['https://gateway.example'],
    trace: [
      { rule: '--provider', outcome: 'passed-over', because: 'it was not given' },
      { rule: 'default_provider', outcome: 'passed-over' },
      { rule: '[providers.gateway] (outbound-auth.toml:1)', outcome: 'chosen' },
      { rule: 'own credential', outcome: 'chosen' },
    ],
  })
  expect(out).not.toContain('SECRET')
})

test('explain shows the rules that were passed over also when there is no provider', async () => {
  const { code, out, err } = await runCli(['explain', 'https://api.openai.com/v1/models'], { cwd: folder() })
  expect(code).toBe(2)
  expect(out).toContain('passed over  preset openai: OPENAI_API_KEY is not set\n')
  expect(err).toContain('set OPENAI_API_KEY, or add --provider NAME (ERR_CLI_PROVIDER)\n')
  const json = await runCli(['explain', 'x', '--json'], { cwd: folder() })
  expect(JSON.parse(json.out).trace).toHaveLength(3)
  expect(JSON.parse(json.err).error).toMatchObject({ class: 'config' })
})

test('explain shows the decision also when the credential is missing or may not go there', async () => {
  const cwd = folder({ 'outbound-auth.toml': gateway })
  const missing = await runCli(['explain', 'x'], { cwd })
  expect(missing.code).toBe(3)
  expect(missing.out).toMatch(/^Provider {2}gateway \(outbound-auth.toml:1\)\n\npassed over {2}--provider/)
  expect(missing.err).toContain('GATEWAY_KEY')
  const foreign = await runCli(['explain', 'https://a.example/x', '--provider', 'gateway'], { cwd, env })
  expect(foreign.code).toBe(3)
  expect(foreign.out).toContain('Goes to   https://gateway.example\n')
  expect(foreign.err).toContain('(ERR_AUTH_ORIGIN)')
})

test('explain tells that no credential is sent, and to no origin', async () => {
  const text = '[providers.x]\nkind = "none"\nreason = "local"\nallowed_origins = []\n'
  const cwd = folder({ 'outbound-auth.toml': text })
  const { code, out } = await runCli(['explain', 'https://a.example', '--provider', 'x'], { cwd })
  expect(code).toBe(3)
  expect(out).toContain('Carries   no credential\nGoes to   no origin\n')
  const path = await runCli(['explain', 'models'], { cwd })
  expect(path.code).toBe(2)
  expect(path.err).toContain('x (outbound-auth.toml:1) has no base_url that a path could be appended to')
})

test('explain notes that a found file takes a known key elsewhere', async () => {
  const text =
    '[providers.x]\npreset = "openai"\nbase_url = "https://b.example"\ntoken = { env = "OPENAI_API_KEY" }\n'
  const { out } = await runCli(['explain', 'y'], { cwd: folder({ 'outbound-auth.toml': text }), env })
  expect(out).toContain(
    'Note      outbound-auth.toml:1 sends OPENAI_API_KEY, the key of https://api.openai.com, to https://b.example\n',
  )
})

test('explain takes one URL or path', async () => {
  for (const words of [[], [''], ['a', 'b']]) {
    expect(await runCli(['explain', ...words])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('one URL or path'),
    })
  }
})
