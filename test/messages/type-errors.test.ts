import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/workspace.mjs'
import { prepareDocsProject } from '../docs/docs-project.js'
import { typeMistakes } from './type-mistakes.js'

const folder = join(root, 'node_modules', '.cache', `type-errors-${process.pid}`)
const compilers = { '7': 'typescript', '5.9': 'typescript-5.9' } as const

/** The first line of a mistake's file has all names; the second line is the mistake. */
const preamble = [
  "import { agentIdentityAuth } from '@outbound-auth/agent-identity'",
  "import { apiKeyAuth, basicAuth } from '@outbound-auth/api-key'",
  "import { bearerAuth, oauthRefresh, rotatingToken } from '@outbound-auth/bearer'",
  "import { commandToken } from '@outbound-auth/bearer/command'",
  "import { bindAuth, combineAuth, createMemoryStore, handshakeAuth, noAuth } from '@outbound-auth/core'",
  "import { toAuthHeaders, tokenHandle } from '@outbound-auth/core'",
  "import { sendWithAuth, toAwsRequestHandler } from '@outbound-auth/core/shapes'",
  "import { authFetch } from '@outbound-auth/fetch'",
  "import { fileStore } from '@outbound-auth/file-store'",
  "import { oauthAuth } from '@outbound-auth/oauth'",
  "import { createResolver } from '@outbound-auth/resolver'",
  "import { sigV4Auth } from '@outbound-auth/sigv4'",
  "import { authInterceptor } from '@outbound-auth/undici'",
  "const auth = bearerAuth({ token: 'token-1' })",
  "const resolver = createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth })",
  'declare const refresh: ReturnType<typeof oauthRefresh>',
  "const store = createMemoryStore({ accessToken: 'a', refreshToken: 'r' })",
  "const origin = 'https://api.example.com'",
  'declare const login: () => Promise<string>',
].join('; ')

/** Stores whose documents are `StoredToken`, or have a shape of their own. */
const rotating = [
  'rotatingToken({ store, refresh })',
  "rotatingToken({ store: fileStore({ path: 'token.json' }), refresh })",
  "rotatingToken({ store: createMemoryStore({ a: 't' }), refresh, select: ({ a }) => ({ accessToken: a }), merge: (d) => d })",
  "rotatingToken({ store: createMemoryStore(), refresh: async () => ({ accessToken: 'a', more: 1 }) })",
  '',
].join('\n')

const outputs: Partial<Record<keyof typeof compilers, string>> = {}

beforeAll(async () => {
  prepareDocsProject(folder)
  const compilerOptions = {
    noEmit: true,
    rootDir: root,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    customConditions: ['@outbound-auth/source'],
    skipLibCheck: true,
    isolatedDeclarations: false,
    noUnusedLocals: false,
  }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['.'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  mkdirSync(join(folder, 'cases'))
  for (const [index, { code }] of typeMistakes.entries())
    writeFileSync(join(folder, `cases/case-${index}.ts`), `${preamble}\n${code}\n`)
  writeFileSync(
    join(folder, 'cases/control.ts'),
    `${preamble}\nauthFetch(auth, { allowedOrigins: [] })\nhandshakeAuth(auth, { url: '' }, { allowedOrigins: [] })\n${rotating}`,
  )
  for (const [version, name] of Object.entries(compilers))
    outputs[version as keyof typeof compilers] = await compileWith(name)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function compileWith(name: string): Promise<string> {
  const args = [join(root, 'node_modules', name, 'bin/tsc'), '-p', folder, '--pretty', 'false']
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd: folder }, (_, stdout, stderr) => done(stdout + stderr))
  })
}

/** The members of a union stand in another order in each compiler, and in each program. */
function sorted(line: string): string {
  return line.replace(
    /'(["\w-]+(?: \| ["\w-]+)+)'/g,
    (_, union) => `'${union.split(' | ').sort().join(' | ')}'`,
  )
}

/** The lines of one mistake's diagnostics, without places and indentation. */
function linesOf(output: string, index: number): string[] {
  const found: string[] = []
  let isInside = false
  for (const line of output.split('\n')) {
    const [, file] = /^cases\/(.+)\.ts\(\d+,\d+\): error/.exec(line) ?? []
    if (file !== undefined || !line.startsWith(' ')) isInside = file === `case-${index}`
    if (isInside) found.push(sorted(line.replace(/^.*?: error TS\d+: /, '').trim()))
  }
  return found
}

describe.each(Object.keys(compilers) as (keyof typeof compilers)[])('TypeScript %s', (version) => {
  it.each(typeMistakes.map((mistake, index) => [mistake.code, mistake, index] as const))(
    'says what is wrong with %s',
    (_, { first, older, last }, index) => {
      const lines = linesOf(outputs[version] ?? '', index)
      expect(lines[0]).toBe(sorted(version === '5.9' ? (older ?? first) : first))
      if (last !== undefined) expect(lines.at(-1)).toBe(sorted(last))
    },
  )

  it('finds no error in what is right, nor in the sources', () => {
    const others = (outputs[version] ?? '').split('\n').filter((line) => /^(?!cases\/case-\d)\S/.test(line))
    expect(others).toEqual([])
  })
})
