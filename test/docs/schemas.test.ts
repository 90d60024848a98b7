import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../../packages/cli/src/index.js'
import { configSchema } from '../../packages/resolver/src/config/index.js'
import { root } from '../../scripts/workspace.mjs'

interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly $defs?: Readonly<Record<string, Schema>>
}

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))

test.each(['docs', 'packages/resolver/src/config'])(
  '%s has the schema of the parser: node scripts/config-schema.mjs',
  (path) => {
    expect(read(`${path}/outbound-auth.schema.json`)).toEqual(JSON.parse(JSON.stringify(configSchema())))
  },
)

const { $defs: documents = {} } = read('docs/command-output.schema.json') as Schema

/** The problems of the shape of a value: a property that is missing, or that the schema does not have. */
function problems(value: unknown, schema: Schema, path: string): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => problems(item, schema.items ?? {}, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null || !schema.properties) return []
  const { properties, required = [] } = schema
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}.${name} is missing`)
  const inside = Object.entries(value).flatMap(([name, part]) => {
    const known = properties[name]
    return known ? problems(part, known, `${path}.${name}`) : [`${path}.${name} is not in the schema`]
  })
  return [...missing, ...inside]
}

test('each command prints with --json what docs/command-output.schema.json says', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'outbound-auth-schemas-'))
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
  const aws = 'credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "s" }'
  const place = 'region = "eu-west-1"\nbase_url = "https://s3.example.com"'
  const s3 = `[providers.s3]\nkind = "sigv4"\nservice = "s3"\n${place}\n${aws}\n`
  writeFileSync(
    join(cwd, 'outbound-auth.toml'),
    `[providers.x]\nkind = "bearer"\ntoken = "t"\nbase_url = "https://a.example"\n${s3}`,
    { mode: 0o600 },
  )
  const fetch = (async () => new Response('{}')) as typeof globalThis.fetch
  const print = async (words: readonly string[]) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const env = { HOME: cwd, OUTBOUND_AUTH_TRUST: '1' }
    await run([...words, '--json'], {
      stdout,
      stderr,
      stdin: Readable.from([]),
      env,
      cwd,
      fetch,
      codexSystemConfig: false,
    })
    return { out: String(stdout.read() ?? 'null'), err: String(stderr.read() ?? 'null') }
  }
  const calls: Readonly<Record<string, readonly string[]>> = {
    request: ['request', 'y', '--provider', 'x'],
    headers: ['headers', 'y', '--provider', 'x'],
    explain: ['explain', 'y', '--provider', 'x'],
    token: ['token', '--provider', 'x'],
    presign: ['presign', 'y', '--provider', 's3'],
    doctor: ['doctor'],
    trust: ['trust'],
    'trust --list': ['trust', '--list'],
    untrust: ['untrust'],
    help: ['help'],
    '--version': ['--version'],
  }
  for (const [name, words] of Object.entries(calls)) {
    const document = JSON.parse((await print(words)).out)
    expect(document, name).not.toBeNull()
    expect(problems(document, documents[name] as Schema, name)).toEqual([])
  }
  const failed = JSON.parse((await print(['request'])).err)
  expect(problems(failed, documents['error'] as Schema, 'error')).toEqual([])
  expect([...Object.keys(calls), 'error', 'agent'].sort()).toEqual(Object.keys(documents).sort())
})
