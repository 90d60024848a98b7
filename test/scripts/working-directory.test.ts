import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'

const packages = join(import.meta.dirname, '../../packages')
let root = ''

/** Two folders with the same files, each of which says in which one it lies. */
beforeAll(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'outbound-auth-chdir-'))
  for (const name of ['first', 'second']) {
    const at = (...path: string[]) => join(root, name, ...path)
    for (const folder of ['sub', '.codex']) mkdirSync(at(folder), { recursive: true })
    for (const file of ['token.txt', 'sub/token.txt']) writeFileSync(at(file), `${name}-token\n`)
    writeFileSync(at('store.json'), JSON.stringify({ token: `${name}-token` }), { mode: 0o600 })
    for (const file of ['token.sh', 'sub/token.sh']) {
      writeFileSync(at(file), `#!/bin/sh\necho ${name}-token\n`)
      chmodSync(at(file), 0o755)
    }
    writeFileSync(at('.codex/config.toml'), `openai_base_url = "https://${name}.example/v1"\n`)
    writeFileSync(at('.codex/auth.json'), JSON.stringify({ OPENAI_API_KEY: `${name}-token` }), {
      mode: 0o600,
    })
    const keys = `aws_access_key_id = ${name}-token\naws_secret_access_key = s\n`
    writeFileSync(at('credentials'), `[default]\n${keys}`)
    writeFileSync(at('config'), `[default]\nregion = ${name}-token\n[profile other]\n${keys}`)
    writeFileSync(
      at('outbound-auth.toml'),
      '[providers.x]\nkind = "bearer"\nbase_url = "https://a.example"\ntoken = { file = "token.txt" }\n',
    )
  }
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Runs a program that changes its directory on the way, which a test worker cannot. */
async function run(program: string, env: Record<string, string> = {}): Promise<string> {
  const contents = `
    import { applyAuth, createHeaderMap } from '@outbound-auth/core'
    const [first, second] = ${JSON.stringify([join(root, 'first'), join(root, 'second')])}
    const asked = { signal: new AbortController().signal, forceRefresh: false }
    const sentBy = async (provider) => {
      const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
      return (await applyAuth(provider, request)).headers.get('authorization')
    }
    process.chdir(first)
    ${program}
  `
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(packages, 'cli'), loader: 'js' },
    conditions: ['@outbound-auth/source', 'node'],
    external: ['@aws-sdk/*', '@smithy/*'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  })
  const { PATH = '', SystemRoot = '' } = process.env
  const variables = { PATH, SystemRoot, HOME: root, AWS_EC2_METADATA_DISABLED: 'true', ...env }
  // The peer of sigv4 is found from there.
  const options = { cwd: join(packages, 'sigv4'), env: variables }
  // An argument of the command line has a limit, which a large program exceeds.
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-'], options)
  running.child.stdin?.end(outputFiles[0]?.text)
  const { stdout } = await running
  return stdout.trim()
}

const resolver = `
  import { createResolver } from '@outbound-auth/resolver'
  import { bearerAuth } from '@outbound-auth/bearer'
  const resolver = createResolver({ bearer: bearerAuth })
  const place = { kind: 'bearer', baseUrl: 'https://a.example' }`

it.each<[string, string]>([
  ['{ file }', "{ file: 'token.txt' }"],
  ['{ file } in a folder', "{ file: './sub/token.txt' }"],
  ['{ command } of a relative program', "{ command: ['./token.sh'] }"],
  ['{ command } with a relative argument', "{ command: ['cat', 'token.txt'] }"],
  ['{ command } with a relative cwd', "{ command: ['./token.sh'], cwd: 'sub' }"],
])('createResolver() reads %s where it was made, wherever the process goes', async (_what, token) => {
  const beforeResolve = `${resolver}
    process.chdir(second)
    const { provider } = await resolver.resolve({ ...place, token: ${token} })
    console.log(await sentBy(provider))`
  expect(await run(beforeResolve)).toBe('Bearer first-token')
  const betweenUses = `${resolver}
    const { provider } = await resolver.resolve({ ...place, token: ${token}, refreshIntervalMs: 1 })
    console.log(await sentBy(provider))
    process.chdir(second)
    await new Promise((resolve) => setTimeout(resolve, 20))
    console.log(await sentBy(provider))
    const again = await resolver.resolve({ ...place, token: ${token}, refreshIntervalMs: 1 })
    console.log(again.provider === provider)`
  expect(await run(betweenUses)).toBe('Bearer first-token\nBearer first-token\ntrue')
})

it.each<[string, string]>([
  ['a relative program', "{ command: ['./token.sh'] }"],
  ['a relative argument', "{ command: ['cat', 'token.txt'] }"],
  ['a relative cwd', "{ command: ['./token.sh'], cwd: 'sub' }"],
])('commandToken() runs a command with %s where it was made', async (_what, options) => {
  for (const entry of ['@outbound-auth/core/command', '@outbound-auth/bearer/command']) {
    const program = `
      import { commandToken } from '${entry}'
      const source = commandToken(${options})
      process.chdir(second)
      console.log((await source(asked)).token)`
    expect(await run(program)).toBe('first-token')
  }
})

it('fileStore() keeps its file, wherever the process goes', async () => {
  const program = `
    import { readFileSync } from 'node:fs'
    import { fileStore } from '@outbound-auth/file-store'
    const store = fileStore({ path: 'store.json' })
    process.chdir(second)
    console.log((await store.read()).token)
    await store.update((document) => ({ ...document, changed: true }))
    console.log(readFileSync('store.json', 'utf8').includes('changed'))
    await store.update(({ token }) => ({ token }))`
  expect(await run(program)).toBe('first-token\nfalse')
})

const codex = `
  import { createCodexResolver } from '@outbound-auth/codex'
  const show = async (codex) => {
    process.chdir(second)
    const { provider, baseUrl } = await codex.resolve()
    console.log(baseUrl, await sentBy(provider))
  }`
const firstHome = 'https://first.example/v1 Bearer first-token'

it('createCodexResolver() keeps a relative CODEX_HOME, so that no key goes to the URL of another folder', async () => {
  expect(await run(`${codex}\nawait show(createCodexResolver())`, { CODEX_HOME: '.codex' })).toBe(firstHome)
  expect(await run(`${codex}\nawait show(createCodexResolver({ env: { CODEX_HOME: '.codex' } }))`)).toBe(
    firstHome,
  )
  expect(await run(`${codex}\nawait show(createCodexResolver({ home: './.codex' }))`)).toBe(firstHome)
  expect(await run(`${codex}\nawait show(createCodexResolver({ env: { HOME: '.' } }))`)).toBe(firstHome)
})

it('codexHome() is absolute', async () => {
  const program = `
    import { codexHome } from '@outbound-auth/codex'
    const home = codexHome({ CODEX_HOME: '.codex' })
    console.log(home === first + '/.codex')`
  expect(await run(program)).toBe('true')
})

it('createCodexResolver() keeps a relative cwd for credential commands', async () => {
  const program = `
    import { writeFileSync } from 'node:fs'
    import { createCodexResolver } from '@outbound-auth/codex'
    writeFileSync('.codex/config.toml', [
      'model_provider = "lab"', '[model_providers.lab]', 'name = "Lab"', 'base_url = "https://lab.example"',
      '[model_providers.lab.auth]', 'command = "cat"', 'args = ["token.txt"]',
    ].join('\\n'))
    const codex = [createCodexResolver({ home: '.codex', cwd: 'sub' }), createCodexResolver({ home: '.codex' })]
    process.chdir(second)
    for (const one of codex) console.log(await sentBy((await one.resolve()).provider))
    process.chdir(first)
    writeFileSync('.codex/config.toml', 'openai_base_url = "https://first.example/v1"')`
  expect(await run(program)).toBe('Bearer first-token\nBearer first-token')
})

const aws = `
  import { awsCredentials } from '@outbound-auth/sigv4/node'
  const sources = [awsCredentials(), awsCredentials({ profile: 'other' })]
  process.chdir(second)
  for (const source of sources) console.log((await source(asked)).accessKeyId)`
const files = { AWS_SHARED_CREDENTIALS_FILE: 'credentials', AWS_CONFIG_FILE: './config' }

it('awsCredentials() keeps relative paths of the shared files', async () => {
  expect(await run(aws, files)).toBe('first-token\nfirst-token')
  const given = `
    import { awsCredentials } from '@outbound-auth/sigv4/node'
    const env = ${JSON.stringify(files)}
    const source = awsCredentials({ profile: 'other', env })
    process.chdir(second)
    console.log((await source(asked)).accessKeyId)`
  expect(await run(given)).toBe('first-token')
})

it('awsRegion() reads the shared files of the directory in which it was called', async () => {
  const program = `
    import { awsRegion } from '@outbound-auth/sigv4/node'
    const region = awsRegion()
    process.chdir(second)
    console.log(await region)`
  expect(await run(program, files)).toBe('first-token')
})

it('run() of the command takes the paths of its file from the directory that it was given', async () => {
  const program = `
    import { PassThrough, Readable } from 'node:stream'
    import { run } from '@outbound-auth/cli'
    const stdout = new PassThrough()
    const io = { stdout, stderr: process.stderr, stdin: Readable.from([]), env: { OUTBOUND_AUTH_TRUST: '1' }, cwd: '.' }
    const done = run(['headers', '/', '--reveal'], io)
    process.chdir(second)
    await done
    console.log(String(stdout.read()).includes('Bearer first-token'))`
  expect(await run(program)).toBe('true')
})
