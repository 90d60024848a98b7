import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const { resolve } = createRequire(import.meta.url)

/** The errors of the compiler for `interceptor-types.ts` when `undici` is the given package. */
async function compileWith(undici: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'interceptor-types-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const compilerOptions = {
    rootDir: root,
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { undici: [join(undici, 'index.d.ts')] },
  }
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions,
    include: [],
    files: [join(here, 'interceptor-types.ts')],
  }
  const path = join(directory, 'tsconfig.json')
  await writeFile(path, JSON.stringify(config))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  return new Promise((done) => {
    execFile(process.execPath, [compiler, '-p', path], (_, stdout, stderr) => done(stdout + stderr))
  })
}

test.each(['undici', 'undici8'])(
  'authInterceptor() has the types that compose() of %s takes',
  async (name) => {
    expect(await compileWith(dirname(resolve(`${name}/package.json`)))).toBe('')
  },
)

test('the compiler of these tests would notice types that do not fit', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'no-undici-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'index.d.ts'), 'export {}')
  expect(await compileWith(directory)).toContain('interceptor-types.ts')
})
