import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { parse } from 'smol-toml'
import { expect, onTestFinished, test } from 'vitest'
import { commands } from '../../packages/cli/src/commands/command-table.js'
import { run } from '../../packages/cli/src/index.js'
import { configSchema } from '../../packages/resolver/src/config/index.js'
import { root } from '../../scripts/workspace.mjs'

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, formats: { uri: true } })

test.each(['docs', 'packages/resolver/src/config'])(
  '%s has the schema of the parser: node scripts/config-schema.mjs',
  (path) => {
    expect(read(`${path}/outbound-auth.schema.json`)).toEqual(JSON.parse(JSON.stringify(configSchema())))
  },
)

test('the schema of outbound-auth.toml accepts the example of the README, and rejects mistakes', () => {
  const isConfig = new Ajv2020({ strict: false, formats: { uri: true } }).compile(
    read('docs/outbound-auth.schema.json'),
  )
  const [, example = ''] = /```toml\n([\s\S]*?)```/.exec(
    readFileSync(join(root, 'packages/cli/README.md'), 'utf8'),
  ) as RegExpExecArray
  expect(isConfig(parse(example)), JSON.stringify(isConfig.errors)).toBe(true)
  for (const mistake of [
    { providers: { x: { kind: 'berer' } } },
    { providers: { x: { kind: 'bearer', base_url: 'https://a.example' } } },
    { providers: { x: { kind: 'bearer', token: 't', header: 'x-key' } } },
    { providers: { x: { kind: 'oauth', client_id: 'a', redirect_port: 70_000 } } },
    { provider: {} },
  ])
    expect(isConfig(mistake), JSON.stringify(mistake)).toBe(false)
})

const documents = read('docs/command-output.schema.json')
ajv.addSchema(documents, 'output')

function validator(name: string): ValidateFunction {
  const found = ajv.getSchema(`output#/$defs/${name.replace(/ /g, '%20')}`)
  if (!found) throw new Error(`docs/command-output.schema.json has no ${name}`)
  return found
}

function expectValid(name: string, text: string): void {
  const validate = validator(name)
  const isValid = validate(JSON.parse(text))
  expect(isValid, `${name}: ${JSON.stringify(validate.errors)} ${text}`).toBe(true)
}

const jwtPart = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const account = {
  chatgpt_account_id: 'account-1',
  chatgpt_user_id: 'user-1',
  chatgpt_plan_type: 'pro',
}
const accessToken = [{ alg: 'RS256' }, { exp: 4_102_444_800, 'https://api.openai.com/auth': account }, {}]
  .map(jwtPart)
  .join('.')

const aws = 'credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "s" }'
const toml = [
  '[providers.x]\nkind = "bearer"\ntoken = "t"\nbase_url = "https://a.example"',
  `[providers.s3]\nkind = "sigv4"\nservice = "s3"\nregion = "eu-west-1"\nbase_url = "https://s3.example.com"\n${aws}`,
  '[providers.user]\nkind = "oauth"\nclient_id = "c"\nscope = "s"\ngrant = "device-code"\ntoken_endpoint = "https://l.example/token"',
  'device_authorization_endpoint = "https://l.example/device"\nbase_url = "https://b.example"',
  '[providers.bound]\nkind = "dpop"\nclient_id = "c"\nclient_secret = "s"\nissuer = "https://l.example"\nbase_url = "https://c.example"',
  '[providers.broken]\nkind = "bearer"\ntoken = { env = "NOT_SET" }\nbase_url = "https://d.example"\n',
].join('\n')

/** Runs command lines with `--json` in one folder, as one user. */
function createRunner() {
  const cwd = mkdtempSync(join(tmpdir(), 'outbound-auth-schemas-'))
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'outbound-auth.toml'), toml, { mode: 0o600 })
  const fetch = (async (input: string | URL) => {
    const { pathname } = new URL(String(input))
    if (pathname.endsWith('/agent/register')) return Response.json({ agent_runtime_id: 'agent-1' })
    if (pathname.endsWith('/task/register')) return Response.json({ task_id: 'task-1' })
    const page = 'https://l.example/page'
    if (pathname === '/device')
      return Response.json({
        device_code: 'd',
        user_code: 'AB-CD',
        verification_uri: page,
        expires_in: 60,
        interval: 1,
      })
    if (pathname === '/token')
      return Response.json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 3600 })
    if (pathname === '/missing') return new Response('no', { status: 404 })
    const headers = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ] as [string, string][]
    return new Response(pathname === '/binary' ? new Uint8Array([255]) : '{}', { headers })
  }) as typeof globalThis.fetch
  return async (words: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const env = { HOME: cwd, OUTBOUND_AUTH_TRUST: '1', ACCESS: accessToken, ...more }
    const io = {
      stdout,
      stderr,
      stdin: Readable.from([]),
      env,
      cwd,
      fetch,
      codexSystemConfig: false,
    } as const
    const code = await run(words, io)
    const text = String(stderr.read() ?? '')
    // Messages for people stand before the one line of JSON.
    return { code, out: String(stdout.read() ?? ''), err: text.trim().split('\n').at(-1) ?? '' }
  }
}

/** A name of the schema, and the command lines that print such a document. */
const successes: Readonly<Record<string, readonly string[]>> = {
  request: ['request y --provider x', 'request https://a.example/binary', 'request y --provider user'],
  headers: ['headers y --provider x', 'headers POST y --provider s3 -d {}'],
  explain: ['explain y --provider x', 'explain https://b.example/z', 'explain y --provider bound'],
  token: ['token --provider x', 'token --provider s3', 'token --provider user'],
  presign: ['presign y --provider s3'],
  doctor: ['doctor --provider x', 'doctor --provider user'],
  trust: ['trust'],
  'trust --list': ['trust --list'],
  untrust: ['untrust'],
  agent: [
    'agent enroll --record agent.json --token-env ACCESS --authority https://agents.example/api',
    'agent status --record agent.json',
    'agent register-task --record agent.json --authority https://agents.example/api',
  ],
  help: ['help', 'help request'],
  '--version': ['--version'],
  logout: ['logout user', 'logout user'],
}

test('each command prints with --json what docs/command-output.schema.json says', async () => {
  const call = createRunner()
  // The login comes first, because other commands use it.
  for (const [name, lines] of [['login', ['login user']] as const, ...Object.entries(successes)]) {
    for (const line of lines) {
      const { code, out, err } = await call([...line.split(' '), '--json'])
      expect({ line, code, err }).toMatchObject({ code: 0 })
      expectValid(name, out)
    }
  }
  const known = [...Object.keys(successes), 'login', 'error']
  expect(known.sort()).toEqual(Object.keys(documents.$defs).sort())
})

test('each command that fails prints with --json one error of the schema on standard error', async () => {
  const call = createRunner()
  const failures = [
    'request https://a.example/missing',
    'request y --provider broken',
    'headers y --provider none',
    'explain y --provider broken',
    'token --provider bound',
    'token --provider user',
    'presign y --provider x',
    'login x',
    'logout x',
    'agent status --record none.json',
    'agent enroll --record a.json --token-env NOT_SET',
    'untrust',
    'help nothing',
    'nothing',
    '--version now',
    ...commands
      .filter(({ options }) => options.includes('json'))
      .map(({ name }) => `${name} --no-such-option`),
  ]
  for (const line of failures) {
    const { code, out, err } = await call([...line.split(' '), '--json'])
    expect({ line, code }).not.toEqual({ line, code: 0 })
    expectValid('error', err)
    // Some commands have printed a document before they fail.
    const name = line.split(' ')[0] ?? ''
    if (out !== '') expectValid(name, out)
  }
  const { code, out } = await call(['doctor', '--json'])
  expect(code).toBe(1)
  expectValid('doctor', out)
})

test('each command with --json has a success in this file', () => {
  const lines = [...Object.values(successes).flat(), 'login user']
  for (const { name, options } of commands)
    if (options.includes('json'))
      expect(
        lines.some((line) => `${line} `.startsWith(`${name} `)),
        name,
      ).toBe(true)
})
