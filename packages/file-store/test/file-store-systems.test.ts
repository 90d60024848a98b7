import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuthEvent } from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fileStore, type StoreFileSystem } from '../src/index.js'
import { faultyFileSystem, systemError } from './faulty-file-system.js'
import { temporaryFolder } from './temporary-folder.js'

const system = vi.hoisted(() => ({ hasProc: true, mounts: '' }))
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  const absent = (path: unknown) => !system.hasProc && String(path).startsWith('/proc/')
  const missing = () => Promise.reject(Object.assign(new Error('absent'), { code: 'ENOENT' }))
  return {
    ...original,
    readFile: async (...parameters: Parameters<typeof original.readFile>) => {
      if (absent(parameters[0])) return missing()
      const text = await original.readFile(...parameters)
      return parameters[0] === '/proc/self/mountinfo' ? system.mounts + text : text
    },
    readlink: (path: string) => (absent(path) ? missing() : original.readlink(path)),
  }
})
afterEach(() => {
  Object.assign(system, { hasProc: true, mounts: '' })
  vi.restoreAllMocks()
})

async function storedFile(text = '{"count":1}') {
  const folder = await temporaryFolder()
  const path = join(folder, 'token.json')
  await writeFile(path, text, { mode: 0o600 })
  return { folder, path }
}

describe('fileStore() on a system without /proc', () => {
  it('replaces a file, and reserves no room for a copy', async () => {
    const { path } = await storedFile()
    const { ino } = await stat(path)
    system.hasProc = false
    const calls: string[] = []
    const fs = faultyFileSystem((call, from) => void calls.push(`${call} ${from}`))
    const store = fileStore<{ count: number }>({ path, fs })
    const add = () => store.update((current) => ({ count: (current?.count ?? 0) + 1 }))
    await Promise.all([add(), add(), add()])
    expect(await store.read()).toEqual({ count: 4 })
    expect((await stat(path)).ino).not.toBe(ino)
    expect(calls).not.toContain(`open w ${path}.locks/room`)
  })

  it('makes a new file', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    system.hasProc = false
    expect(await fileStore({ path }).update(() => ({ count: 1 }))).toEqual({ count: 1 })
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ count: 1 })
  })

  it('writes a file in place that is on another device than its folder', async () => {
    const { folder, path } = await storedFile()
    const { ino } = await stat(path)
    system.hasProc = false
    const calls: string[] = []
    const fs = faultyFileSystem((call, from, to) => {
      calls.push(`${call} ${from}`)
      if (call === 'rename' && to === path) throw systemError('EBUSY', call)
    })
    const onOtherDevice: StoreFileSystem = {
      ...fs,
      stat: async (of) => {
        const { mode, uid, gid, mtimeMs, size, dev } = await stat(of)
        return { mode, uid, gid, mtimeMs, size, dev: of === folder ? dev + 1 : dev }
      },
    }
    await fileStore({ path, fs: onOtherDevice }).update(() => ({ count: 2 }))
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ count: 2 })
    expect((await stat(path)).ino).toBe(ino)
    // Whether there is room for a copy is known before the change runs.
    expect(calls).toContain(`open w ${path}.locks/room`)
  })
})

describe.runIf(process.platform === 'linux')('fileStore() in a container', () => {
  it.each(['token.json', 'my token.json'])(
    'knows that %s is mounted before the change runs',
    async (name) => {
      const path = join(await temporaryFolder(), name)
      await writeFile(path, '{"count":1}', { mode: 0o600 })
      const line = (place: string) =>
        `36 35 98:0 /x ${place.replaceAll(' ', '\\040')} rw,noatime - ext4 /dev/root rw\n`
      system.mounts = `${line('/elsewhere')}${line(path)}`
      const calls: string[] = []
      const fs = faultyFileSystem((call, from) => void calls.push(`${call} ${from}`))
      await fileStore({ path, fs }).update(() => undefined)
      expect(calls).toContain(`open w ${path}.locks/room`)
    },
  )
})

it.each([true, false])(
  'fileStore() works with a file system that gives neither types before opening nor parts of a file; /proc: %s',
  async (hasProc) => {
    const { path } = await storedFile()
    system.hasProc = hasProc
    const { stat: _, ...rest } = faultyFileSystem(() => {})
    const fs: StoreFileSystem = {
      ...rest,
      async open(...parameters) {
        const { read: __, ...handle } = await rest.open(...parameters)
        return handle
      },
    }
    const store = fileStore<{ count: number }>({ path, fs })
    expect(await store.update((current) => ({ count: (current?.count ?? 0) + 1 }))).toEqual({ count: 2 })
    expect(await store.read()).toEqual({ count: 2 })
  },
)

describe('fileStore(), when another program', () => {
  it('removes a temporary file of a former holder first, goes on', async () => {
    const { folder, path } = await storedFile()
    const temporary = join(folder, '.token.json.7-0123456789abcdef.tmp')
    await writeFile(temporary, 'x')
    const fs = faultyFileSystem(async (call, from) => {
      if (call === 'unlink' && from === temporary) await rm(temporary)
    })
    expect(await fileStore({ path, fs }).update(() => ({ count: 2 }))).toEqual({ count: 2 })
  })

  it('removes the file just before it is opened, reads undefined', async () => {
    const { path } = await storedFile()
    const fs = faultyFileSystem(async (call) => {
      if (call === 'open r') await rm(path, { force: true })
    })
    expect(await fileStore({ path, fs }).read()).toBeUndefined()
  })

  it('removes the file while it is read, gives what was in it, and looks nowhere else', async () => {
    const { path } = await storedFile()
    const seen = new Set<string>()
    const fs = faultyFileSystem(async (call, from) => {
      seen.add(from)
      if (call === 'realpath') await rm(path, { force: true })
    })
    expect(await fileStore({ path, fs }).read()).toEqual({ count: 1 })
    expect([...seen]).toEqual([path])
  })

  it('makes the folder at the same time, uses that', async () => {
    const path = join(await temporaryFolder(), 'new', 'folder', 'token.json')
    const { mkdir, ...rest } = faultyFileSystem(() => {})
    // Two programs make each folder, and this one is always the later.
    const fs: StoreFileSystem = {
      ...rest,
      mkdir: (...parameters) => mkdir(...parameters).then(() => mkdir(...parameters)),
    }
    expect(await fileStore({ path, fs }).update(() => ({ count: 1 }))).toEqual({ count: 1 })
  })

  it('removes the folder again and again while it is made, says so', async () => {
    const path = join(await temporaryFolder(), 'new', 'token.json')
    const fs = faultyFileSystem((call, folder) => {
      if (call === 'mkdir' && folder.endsWith('.locks')) throw systemError('ENOENT', call)
    })
    const message = `Cannot lock ${path}: ENOENT`
    await expect(fileStore({ path, fs }).update(() => 1)).rejects.toMatchObject({ kind: 'build', message })
  })
})

it('fileStore() reports a mode that it cannot correct, and writes the document all the same', async () => {
  const { path } = await storedFile()
  await chmod(path, 0o644)
  const events: AuthEvent[] = []
  const fs = faultyFileSystem((call, _, to) => {
    if (call === 'handle.chmod') throw systemError('EPERM', call)
    if (call === 'rename' && to === path) throw systemError('EBUSY', call)
  })
  const store = fileStore({ path, fs, observer: (event) => events.push(event) })
  expect(await store.update(() => ({ count: 2 }))).toEqual({ count: 2 })
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ count: 2 })
  expect(events).toEqual([
    expect.objectContaining({
      type: 'warned',
      message: expect.stringContaining('could not be changed to 0600'),
    }),
  ])
})
