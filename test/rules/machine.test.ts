import { describe, expect, it } from 'vitest'
import { childProcessOffences } from './child-process-rule.js'
import { expectNoProblems } from './expect-no-problems.js'
import { machineOffences, machineRules, readWorkspaceTexts } from './machine-rules.js'

const texts = readWorkspaceTexts()
/** The samples in them break rules on purpose. */
const withSamples = ['test/rules/machine.test.ts', 'test/rules/workspace.test.ts']

describe('nothing here depends on a machine or a day:', () => {
  it('no file breaks a rule', () => {
    expect(texts.size).toBeGreaterThan(400)
    const checked = [...texts].filter(([path]) => !withSamples.includes(path))
    expectNoProblems(checked.flatMap(([path, text]) => machineOffences(path, text)))
  })

  it('every child process of a script has an environment from an allow-list', () => {
    const scripts = [...texts].filter(([path]) => path.startsWith('scripts/'))
    expectNoProblems(scripts.flatMap(([path, text]) => childProcessOffences(path, text)))
  })
})

// A rule that lets its sample pass guards nothing.
describe('a rule rejects', () => {
  const samples: Readonly<Record<keyof typeof machineRules, readonly [path: string, text: string][]>> = {
    'a test helper that reads the real clock': [
      ['packages/codex/test/codex-home.ts', 'const exp = Date.now() / 1000 + 60'],
      ['test/slow/worker.ts', 'const at = new Date()'],
    ],
    'an upper bound of an elapsed time': [
      ['packages/core/test/a.test.ts', 'expect(performance.now() - startedAtMs).toBeLessThan(200)'],
      ['test/a.test.ts', 'expect(Date.now() - start).toBeLessThanOrEqual(1)'],
    ],
    'a wait of one second': [
      ['packages/core/test/a.test.ts', 'await vi.waitFor(() => expect(open).toBe(0))'],
      ['test/a.test.ts', 'await vi.waitUntil(ended)'],
    ],
    'a mode that the umask narrows': [
      ['packages/core/test/a.test.ts', "await writeFile(path, '{}', { mode: 0o644 })"],
      ['packages/core/test/a.test.ts', 'mkdirSync(path, { recursive: true, mode: 0o755 })'],
    ],
    'a file URL taken for a path': [
      ['packages/core/test/a.test.ts', "const path = new URL('../src', import.meta.url).pathname"],
      ['scripts/a.mjs', "const { pathname } = new URL('../src', import.meta.url)"],
    ],
    'an install that asks the network for what is there': [
      ['scripts/bootstrap.mjs', "const steps = 'pnpm install --frozen-lockfile'"],
      ['.ci/run', 'npx --yes "$pnpm" ok'],
    ],
  }

  it.each(Object.keys(machineRules))('%s', (name) => {
    const list = samples[name] ?? []
    expect(list.length).toBeGreaterThan(0)
    for (const [path, text] of list) {
      expect(machineOffences(path, text)).toEqual([expect.stringMatching(`^${path}:1 has ${name}: `)])
    }
  })

  it.each([
    ['no environment', "spawn('git', ['status'], { cwd })"],
    ['no options at all', "execFileSync('git', ['status'])"],
    ['the whole of this process’s', "spawnSync('git', ['status'], { env: process.env })"],
    ['a copy of it', "spawn('git', [], { env: { ...process.env, CI: 'true' } })"],
  ])('a child process with %s', (_, text) => {
    expect(childProcessOffences('scripts/a.mjs', text)).toHaveLength(1)
  })

  it('no child process whose environment comes from childEnvironment()', () => {
    const text = "spawn('git', [], { cwd, env: childEnvironment({ CI: 'true' }) })"
    expect(childProcessOffences('scripts/a.mjs', text)).toEqual([])
  })
})
