import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { build } from 'esbuild'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { hasOpenssl, tlsLoopback } from '../tls-loopback.js'

const root = join(import.meta.dirname, '..', '..')
const secret = 'SECRET-t0ken'
let main = ''
const run = promisify(execFile)

// Other programs start the command as a process, so it is built of the sources once.
beforeAll(async () => {
  const path = join(root, 'node_modules', '.cache', 'token-consumers')
  mkdirSync(join(path, 'dist'), { recursive: true })
  copyFileSync(join(root, 'package.json'), join(path, 'package.json'))
  main = join(path, 'dist', 'main.js')
  await build({
    entryPoints: [join(root, 'src/main.ts')],
    outfile: main,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@outbound-auth/source'],
    external: ['undici', '@aws-sdk/*'],
    logLevel: 'error',
  })
})

afterEach(() => {
  vi.unstubAllEnvs()
})

function configured(toml: string): string[] {
  const path = join(folder({ 'outbound-auth.toml': toml }), 'outbound-auth.toml')
  return [main, 'token', '--config', path]
}

const bearer = (origin: string) =>
  `[providers.x]\nkind = "bearer"\ntoken = "${secret}"\nbase_url = "${origin}"\n`

test('the AWS SDK takes --format aws-credential-process as credential_process', async () => {
  const words = configured(
    `[providers.x]\nkind = "sigv4"\nservice = "s3"\nregion = "eu-west-1"\nbase_url = "https://s3.eu-west-1.amazonaws.com"\ncredentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "${secret}", session_token = "session" }\n`,
  )
  const command = [process.execPath, ...words, '--format', 'aws-credential-process']
    .map((word) => `"${word}"`)
    .join(' ')
  const config = join(
    folder({ config: `[profile ours]\ncredential_process = ${command}\n`, credentials: '' }),
    'config',
  )
  vi.stubEnv('AWS_CONFIG_FILE', config)
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', config.replace(/config$/, 'credentials'))
  const credentials = await defaultProvider({ profile: 'ours' })()
  expect(credentials).toMatchObject({
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: secret,
    sessionToken: 'session',
  })
})

test('the Anthropic SDK sends what --format anthropic prints', async () => {
  const { origin, seen } = await loopback((_, response) => {
    response.setHeader('content-type', 'application/json').end('{"data":[],"has_more":false}')
  })
  const words = configured(
    `[providers.x]\nkind = "api-key"\nkey = "${secret}"\nheader = "x-api-key"\nbase_url = "${origin}"\n`,
  )
  // As Claude Code runs apiKeyHelper: in a shell, with the whitespace around the output removed.
  const helper = [process.execPath, ...words, '--format', 'anthropic'].map((word) => `'${word}'`).join(' ')
  const apiKey = async () => (await run('/bin/sh', ['-c', helper])).stdout.trim()
  const client = new Anthropic({ apiKey, baseURL: origin, maxRetries: 0 })
  await client.models.list()
  expect(seen[0]?.headers.authorization).toBe(`Bearer ${secret}`)
})

/** Whether a program is on this machine. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A program of its own kind of binary does not see a date that only the test runner is told. */
const hasRealClock = process.env['FAKETIME'] === undefined

test.skipIf(!has('kubectl') || !hasOpenssl || !hasRealClock)(
  'kubectl sends the token of --format kubectl',
  async () => {
    const { origin, seen, certificate } = await tlsLoopback()
    const [program = '', ...words] = [process.execPath, ...configured(bearer(origin)), '--format', 'kubectl']
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: origin, 'certificate-authority': certificate } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [
        {
          name: 'u',
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: program,
              args: words,
              interactiveMode: 'Never',
              provideClusterInfo: false,
            },
          },
        },
      ],
    }
    const file = join(folder(), 'kubeconfig')
    writeFileSync(file, JSON.stringify(config))
    const { stdout } = await run('kubectl', ['--kubeconfig', file, 'get', '--raw', '/version'])
    expect(JSON.parse(stdout)).toEqual({ ok: true })
    expect(seen[0]?.authorization).toBe(`Bearer ${secret}`)
  },
)

test('Codex takes --format codex as auth.command', async () => {
  // The published reader of the file: our resolver runs the command as the client does (docs/codex-differences.md).
  const { origin, seen } = await loopback()
  const [program = '', ...words] = [process.execPath, ...configured(bearer(origin)), '--format', 'codex']
  const home = folder({
    'config.toml': `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "${origin}/v1"\n[model_providers.lab.auth]\ncommand = ${JSON.stringify(program)}\nargs = ${JSON.stringify(words)}\n`,
  })
  await run(process.execPath, [main, 'request', 'models', '--codex-home', home])
  expect(seen[0]?.headers.authorization).toBe(`Bearer ${secret}`)
})
