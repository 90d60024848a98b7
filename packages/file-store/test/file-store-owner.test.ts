import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type MortalRequests, mortalRequests } from '../../core/test/cache/mortal-request.js'
import { fileStore } from '../src/index.js'
import { temporaryFolder } from './temporary-folder.js'

const never = () => new Promise<string>(() => {})

const systemFile = vi.hoisted(() => ({ isLost: false }))
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  const readFile = (...parameters: Parameters<typeof original.readFile>) =>
    systemFile.isLost ? new Promise(() => {}) : original.readFile(...parameters)
  return { ...original, readFile }
})

describe('fileStore(), when a request has ended in the middle of its change,', () => {
  let startRequest: MortalRequests['start']
  beforeEach(() => {
    startRequest = mortalRequests().start
  })
  afterEach(() => void vi.restoreAllMocks())

  /** A store whose first change has lost its owner; `revive` lets that go on all the same. */
  async function orphanedStore() {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<string>({ path, holderTimeoutMs: 200 })
    let revive = () => {}
    const begun = vi.fn()
    const lost = startRequest(() =>
      store.update(() => {
        begun()
        return new Promise<string>((resolve) => (revive = () => resolve('too late')))
      }),
    )
    await expect.poll(() => begun.mock.calls).toHaveLength(1)
    lost.end()
    return { store, lost, revive: () => revive() }
  }

  it('lets all later changes run, before their time limit', async () => {
    const { store } = await orphanedStore()
    const changes = ['a', 'b', 'c'].map((letter) => store.update((current = '') => `${current}${letter}`))
    expect(await Promise.all(changes)).toEqual(['a', 'ab', 'abc'])
    expect(await store.update(() => 'new')).toBe('new')
  })

  it('also when those that waited first have ended as well', async () => {
    const { store } = await orphanedStore()
    const waiting = Array.from({ length: 3 }, () => startRequest(() => store.update(never)))
    for (const request of waiting) request.end()
    expect(await store.update(() => 'next')).toBe('next')
  })

  it('also when that request ended while it asked the system who it is', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<string>({ path, holderTimeoutMs: 200 })
    systemFile.isLost = true
    const lost = startRequest(() => store.update(() => 'lost'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    lost.end()
    systemFile.isLost = false
    expect(await store.update(() => 'next')).toBe('next')
  })

  it('does not let the lost change write, should it go on', async () => {
    const { store, lost, revive } = await orphanedStore()
    await store.update(() => 'new')
    revive()
    await expect(lost.result).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_LOCK_LOST' })
    expect(await store.read()).toBe('new')
  })

  it('never takes its turn from a change that is slow', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<string>({ path, holderTimeoutMs: 500 })
    const slow = store.update(async () => {
      // Longer than the 1 s of silence that costs an owner its turn.
      await new Promise((resolve) => setTimeout(resolve, 1600))
      return 'slow'
    })
    const next = store.update((current) => `${current} next`)
    expect(await Promise.all([slow, next])).toEqual(['slow', 'slow next'])
  })
})

it('update() rejects with ERR_AUTH_STORE_BUSY after its limit, also in a process that is idle', async () => {
  const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  const path = join(await temporaryFolder(), 'token.json')
  const program = `
    import { fileStore } from ${JSON.stringify(source)}
    const store = fileStore({ path: ${JSON.stringify(path)}, lockTimeoutMs: 100 })
    store.update(() => new Promise(() => {}))
    await store.update(() => 1).catch((error) => console.log(error.code))
  `
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: '.', loader: 'js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@outbound-auth/source'],
    write: false,
  })
  const code = outputFiles[0]?.text ?? ''
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  expect(stdout).toBe('ERR_AUTH_STORE_BUSY\n')
})
