import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileStore } from '../../src/index.js'
import { faultyFileSystem, systemError } from '../faulty-file-system.js'
import { temporaryFolder } from '../temporary-folder.js'

const isWindows = process.platform === 'win32'

/** A store whose lock's folder has something in it that no process of ours has put there. */
async function storeWith(
  put: (locks: string) => Promise<unknown> | unknown,
  generations: readonly string[] = [],
) {
  const path = join(await temporaryFolder(), 'token.json')
  const locks = `${path}.locks`
  await fs.mkdir(locks)
  for (const name of generations) await fs.writeFile(join(locks, name), '')
  await put(locks)
  return { path, locks, store: fileStore({ path, lockTimeoutMs: 15_000 }) }
}

describe('update() of fileStore() is not held up by', () => {
  const names = [
    ...[
      '9'.repeat(14),
      '9'.repeat(15),
      '9'.repeat(16),
      '9'.repeat(20),
      '9'.repeat(255),
      String(2 ** 53),
      '1e9',
    ],
    ...['0', '00', '0009', '-5', '5.5', '5.released.released', '5 ', 'x5', '5.tmp', ' 5', '0.released', '٣'],
  ]

  it.each(names)('a file named %s in the folder of its lock', async (name) => {
    for (const suffix of name.length < 200 ? ['', '.released'] : ['']) {
      for (const generations of [[], ['3.released']]) {
        const { locks, store } = await storeWith(
          (folder) => fs.writeFile(join(folder, name + suffix), 'x'),
          generations,
        )
        expect(await store.update(() => 1)).toBe(1)
        expect(await store.update(() => 2)).toBe(2)
        expect(await fs.readdir(locks)).toContain(name + suffix)
      }
    }
  })

  it.skipIf(isWindows).each<[string, (path: string) => unknown]>([
    ['a folder', (path) => fs.mkdir(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link that leads nowhere', (path) => fs.symlink('nowhere', path)],
    ['a link to itself', (path) => fs.symlink('7', path)],
    ['a device', (path) => fs.symlink('/dev/zero', path)],
    ['400 MB', (path) => fs.writeFile(path, 'x').then(() => fs.truncate(path, 400e6))],
    ['bytes', (path) => fs.writeFile(path, Buffer.from([0xff, 0, 0x7b]))],
    ['JSON', (path) => fs.writeFile(path, '{"pid":1}')],
    [
      'a socket',
      async (path) => {
        const server = createServer().listen(path)
        await new Promise((resolve) => server.once('listening', resolve))
        onTestFinished(() => void server.close())
      },
    ],
  ])('%s in the place of a generation', async (_, put) => {
    const { store } = await storeWith((locks) => put(join(locks, '7')), ['6.released'])
    expect(await store.update(() => 1)).toBe(1)
    expect(await store.update(() => 2)).toBe(2)
  })
})

it('update() of fileStore() names a file whose number leaves no room for its own', async () => {
  const { path, locks } = await storeWith((folder) =>
    fs.writeFile(join(folder, '500000000000000.released'), ''),
  )
  await expect(fileStore({ path }).update(() => 1)).rejects.toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_STORE_ACCESS',
    message: `Cannot take the lock ${locks}: its file 500000000000000 has a number that no process reaches. Remove that file`,
  })
})

it('update() of fileStore() still takes the last number', async () => {
  const { path } = await storeWith((folder) => fs.writeFile(join(folder, '499999999999999.released'), ''))
  expect(await fileStore({ path }).update(() => 1)).toBe(1)
})

describe('update() of fileStore() tries again when another process', () => {
  /** Runs `meddle` before the first call of this kind. */
  async function meddled(call: string, meddle: (locks: string, path: string) => Promise<unknown>) {
    const path = join(await temporaryFolder(), 'token.json')
    await fileStore({ path }).update(() => 0)
    let isFirst = true
    const faulty = faultyFileSystem(async (name, file) => {
      if (!isFirst || name !== call || !file.includes('.locks')) return
      isFirst = false
      await meddle(`${path}.locks`, file)
    })
    expect(await fileStore({ path, fs: faulty }).update((count) => Number(count) + 1)).toBe(1)
    expect(isFirst).toBe(false)
  }

  it('has removed its number before it could', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<number>({ path })
    await store.update(() => 0)
    let isSlow = true
    const faulty = faultyFileSystem(async (call, file) => {
      // Between looking and claiming, and then between claiming and giving up, others come and go.
      const isClaim = call === 'open wx' && file.includes('.locks')
      const isGivingUp = call === 'unlink' && /\.locks\/\d+$/.test(file)
      if (isClaim && isSlow)
        for (let round = 0; round < 9; round++) await store.update((count = 0) => count + 1)
      if (isClaim) isSlow = false
      if (isGivingUp) await fs.unlink(file)
    })
    expect(await fileStore<number>({ path, fs: faulty }).update((count = 0) => count + 1)).toBe(10)
  })

  it('removes the folder of the lock before it is read, or before a number is claimed', async () => {
    for (const call of ['readdir', 'open wx']) {
      await meddled(call, (locks) => fs.rm(locks, { recursive: true }))
    }
  })

  it('makes the folder of the lock at the same time', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const faulty = faultyFileSystem(async (call, file) => {
      if (call === 'mkdir') await fs.mkdir(file, { recursive: true })
    })
    expect(await fileStore({ path, fs: faulty }).update(() => 1)).toBe(1)
    const deep = join(path, '..', 'a', 'b', 'token.json')
    expect(await fileStore({ path: deep, fs: faulty }).update(() => 1)).toBe(1)
  })
})

it('update() of fileStore() fails for good when the folder of the lock cannot be made', async () => {
  const path = join(await temporaryFolder(), 'token.json')
  for (const code of ['EROFS', 'EACCES', 'ENOTDIR', 'ENOENT']) {
    const faulty = faultyFileSystem((call) => {
      if (call === 'mkdir') throw systemError(code, call)
    })
    await expect(fileStore({ path, fs: faulty }).update(() => 1)).rejects.toMatchObject({
      kind: 'build',
      message: `Cannot lock ${path}: ${code}`,
    })
  }
})
