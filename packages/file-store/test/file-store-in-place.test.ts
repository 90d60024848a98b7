import { createHash } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fileStore } from '../src/index.js'
import { type Fault, faultyFileSystem, systemError } from './faulty-file-system.js'
import { temporaryFolder } from './temporary-folder.js'

const old = '{"refreshToken":"planted-old"}'
const next = { refreshToken: 'planted-new' }
const text = `${JSON.stringify(next, null, 2)}\n`

/** A file that no rename can replace, as one that is mounted on its own. */
async function mounted(code = 'EBUSY', fault: Fault = () => {}) {
  const folder = await temporaryFolder()
  const path = join(folder, 'auth.json')
  await writeFile(path, old, { mode: 0o600 })
  const fs = faultyFileSystem(async (call, from, to) => {
    await fault(call, from, to)
    if (call === 'rename' && to === path) throw systemError(code, call)
  })
  return { path, fs, locks: `${path}.locks`, ino: (await stat(path)).ino }
}

const digest = (content: string) => createHash('sha256').update(content).digest('hex').slice(0, 32)

/** Leaves a copy like a writer that was killed when the file had `content`. */
async function leaveCopy(path: string, content: string, copy = text, replaced = old): Promise<string> {
  await mkdir(`${path}.locks`, { recursive: true })
  const place = join(`${path}.locks`, `${digest(replaced)}.copy`)
  await writeFile(place, copy, { mode: 0o600 })
  await writeFile(path, content)
  return place
}

const copyOf = (path: string) => join(`${path}.locks`, `${digest(old)}.copy`)
const copiesIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => !/^\d+(\.released)?$/.test(name))

describe('update() of fileStore() on a file that cannot be replaced', () => {
  it.each(['EBUSY', 'EXDEV', 'ETXTBSY'])('writes it in place after %s', async (code) => {
    const { path, fs, locks, ino } = await mounted(code)
    const store = fileStore({ path, fs })
    expect(await store.update(() => next)).toEqual(next)
    expect(await readFile(path, 'utf8')).toBe(text)
    expect((await stat(path)).ino).toBe(ino)
    expect(await copiesIn(locks)).toEqual([])
    expect((await readdir(join(path, '..'))).sort()).toEqual(['auth.json', 'auth.json.locks'])
    expect(await store.update(() => ({ again: true }))).toEqual({ again: true })
    expect(await fileStore({ path }).read()).toEqual({ again: true })
  })

  it('has the new text in the folder of the lock, synced, before the file is touched', async () => {
    const calls: string[] = []
    const { path, fs } = await mounted('EBUSY', (call, from) => void calls.push(`${call} ${from}`))
    await fileStore({ path, fs }).update(() => next)
    const short = calls
      .map((call) =>
        call
          .replace(path, 'FILE')
          .replace(/\/.*\.tmp$/, 'TMP')
          .replace(/\w+\.copy/, 'COPY'),
      )
      .filter((call) => !/readdir|\.stat|\.read |close|locks\/\d/.test(call))
    expect(short.slice(short.lastIndexOf('handle.writeFile TMP'))).toEqual([
      'handle.writeFile TMP',
      'handle.sync TMP',
      'rename TMP',
      'rename TMP',
      'open r FILE.locks',
      'handle.sync FILE.locks',
      'open r+ FILE',
      'open w FILE',
      'handle.writeFile FILE',
      'handle.sync FILE',
      'unlink FILE.locks/COPY',
    ])
  })

  it('closes all files that it opens', async () => {
    let open = 0
    const { path, fs } = await mounted('EBUSY', (call) => {
      if (call.startsWith('open ')) open++
      if (call === 'handle.close') open--
    })
    const store = fileStore({ path, fs })
    for (const count of [1, 2]) await store.update(() => ({ count }))
    expect(open).toBe(0)
  })

  it('takes rights away that others have, and leaves it to its owner', async () => {
    const { path, fs } = await mounted()
    await writeFile(path, old)
    if (process.getuid?.() === 0) await chown(path, 12_345, 12_345)
    const { uid } = await stat(path)
    await fileStore({ path, fs }).update(() => next)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(path)).uid).toBe(uid)
  })

  it.runIf(process.getuid?.() === 0)(
    'run by root, writes no secret to an empty one of another user',
    async () => {
      const { path, fs } = await mounted()
      const store = fileStore({ path, fs })
      // At first the store does not know that the file cannot be replaced.
      for (const count of [1, 2]) {
        await writeFile(path, '')
        await chown(path, 12_345, 12_345)
        expect(await store.update(() => ({ count }))).toEqual({ count })
        expect((await stat(path)).uid).toBe(0)
      }
    },
  )

  it.each([
    [
      'the folder of the lock is full',
      'ENOSPC',
      (call: string, path: string) => call === 'handle.writeFile' && path.endsWith('/room'),
    ],
    [
      'the folder of the lock cannot be written to',
      'EACCES',
      (call: string, path: string) => call === 'open w' && path.endsWith('/room'),
    ],
    [
      'the file is read-only',
      'EROFS',
      (call: string, path: string) => call === 'open r+' && path.endsWith('auth.json'),
    ],
  ])('fails before the change is called when %s', async (_, code, isIt) => {
    let isBroken = false
    const { path, fs, locks } = await mounted('EBUSY', (call, from) => {
      if (isBroken && isIt(call, from)) throw systemError(code, call)
    })
    const store = fileStore({ path, fs })
    await store.update(() => ({ first: true }))
    isBroken = true
    let wasCalled = false
    const change = () => {
      wasCalled = true
      return next
    }
    await expect(store.update(change)).rejects.toMatchObject({ message: `Cannot write ${path}: ${code}` })
    expect(wasCalled).toBe(false)
    expect(await store.read()).toEqual({ first: true })
    expect(await copiesIn(locks)).toEqual([])
    isBroken = false
    expect(await store.update(change)).toEqual(next)
  })

  it('has the new text in the folder of the lock also when that is on another disk', async () => {
    let copied: unknown
    const { path, fs } = await mounted('EBUSY', async (call, from, to) => {
      if (call === 'rename' && from.endsWith('.tmp') && !from.includes('.locks') && to?.endsWith('.copy'))
        throw systemError('EXDEV', call)
      if (call === 'open w' && from === path) copied = await readFile(copyOf(path), 'utf8')
    })
    expect(await fileStore({ path, fs }).update(() => next)).toEqual(next)
    expect(copied).toBe(text)
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await copiesIn(`${path}.locks`)).toEqual([])
    expect((await readdir(join(path, '..'))).sort()).toEqual(['auth.json', 'auth.json.locks'])
  })

  it('touches nothing when the copy cannot be made after all', async () => {
    const { path, fs } = await mounted('EBUSY', (call, _, to) => {
      if (call === 'rename' && to?.endsWith('.copy')) throw systemError('EIO', call)
    })
    const message = `Cannot write ${path}: EIO`
    await expect(fileStore({ path, fs }).update(() => next)).rejects.toMatchObject({
      kind: 'transient',
      message,
    })
    expect(await readFile(path, 'utf8')).toBe(old)
    expect((await readdir(join(path, '..'))).sort()).toEqual(['auth.json', 'auth.json.locks'])
  })

  it('loses nothing to another process that took the lock while the copy was made', async () => {
    const { path, fs } = await mounted('EBUSY', async (call, from, to) => {
      if (call === 'rename' && to?.endsWith('.copy')) await rm(from)
    })
    const outcome = fileStore({ path, fs }).update(() => next)
    await expect(outcome).rejects.toMatchObject({ kind: 'transient', code: 'ERR_AUTH_STORE_LOCK_LOST' })
    expect(await readFile(path, 'utf8')).toBe(old)
  })

  it.skipIf(process.platform === 'win32')(
    'writes no secret to an empty one of another user, before the change is called',
    async () => {
      const { path, fs } = await mounted()
      const store = fileStore({ path, fs })
      await store.update(() => next)
      await writeFile(path, '')
      const { uid } = await stat(path)
      vi.spyOn(process, 'geteuid').mockReturnValue(uid + 1)
      onTestFinished(() => void vi.restoreAllMocks())
      const change = vi.fn(() => next)
      await expect(store.update(change)).rejects.toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_STORE_ACCESS',
        message: expect.stringContaining('it is empty and belongs to another user'),
      })
      expect(change).not.toHaveBeenCalled()
      expect(await readFile(path, 'utf8')).toBe('')
    },
  )

  it('writes to an empty one on Windows, which has no user ids', async () => {
    const { path, fs } = await mounted()
    const store = fileStore({ path, fs })
    await store.update(() => next)
    await writeFile(path, '')
    const { geteuid } = process
    Object.assign(process, { geteuid: undefined })
    onTestFinished(() => void Object.assign(process, { geteuid }))
    expect(await store.update(() => next)).toEqual(next)
  })

  it('that fails halfway keeps the new document for every reader, and the next one repairs the file', async () => {
    for (const failing of ['open r+', 'open w', 'handle.writeFile', 'handle.sync', 'unlink']) {
      let isBroken = false
      const { path, fs } = await mounted('EBUSY', (call, from) => {
        const isIt = call === failing && (from.endsWith('auth.json') || from.endsWith('.copy'))
        if (isBroken && isIt) throw systemError('EIO', call)
      })
      const broken = fileStore({ path, fs }).update(() => {
        isBroken = true
        return next
      })
      await expect(broken, failing).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_IO' })
      const before = await readFile(path)
      expect(await fileStore({ path }).read(), failing).toEqual(next)
      expect(await readFile(path), failing).toEqual(before)
      isBroken = false
      expect(await fileStore({ path, fs }).update(() => undefined), failing).toEqual(next)
      expect(await readFile(path, 'utf8'), failing).toBe(text)
      expect(await copiesIn(`${path}.locks`), failing).toEqual([])
    }
  })

  it('that lost the lock before it wrote drops its text', async () => {
    let isFirst = true
    const { path, fs } = await mounted('EBUSY', async (call, from, to) => {
      if (call === 'utimes') throw systemError('EIO', call)
      if (!isFirst || call !== 'rename' || to !== path || !from.endsWith('.tmp')) return
      isFirst = false
      const other = fileStore({ path, fs: withoutMount, holderTimeoutMs: 100 })
      expect(await other.update(() => ({ from: 'the other' }))).toEqual({ from: 'the other' })
    })
    const withoutMount = faultyFileSystem(() => {})
    const stopped = fileStore({ path, fs, holderTimeoutMs: 100 })
    await expect(stopped.update(() => next)).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_LOCK_LOST' })
    expect(await fileStore({ path }).read()).toEqual({ from: 'the other' })
    expect(await copiesIn(`${path}.locks`)).toEqual([])
  })
})

describe('fileStore() after a writer was killed while it wrote in place', () => {
  const torn: [string, string][] = [
    ['nothing of the new text', old],
    ['no text at all', ''],
    ['one character', '{'],
    ['half of the new text', text.slice(0, text.length / 2)],
    ['all but the last character', text.slice(0, -1)],
    ['zeros', '\0'.repeat(text.length)],
    ['all of it', text],
  ]

  it.each(torn)(
    'read() returns the new document and changes nothing: the file has %s',
    async (_, content) => {
      const { path, locks } = await mounted()
      const copy = await leaveCopy(path, content)
      for (const file of [path, copy, locks]) await utimes(file, 1000, 1000)
      const before = await Promise.all([path, copy, locks].map((file) => stat(file)))
      expect(await fileStore({ path }).read()).toEqual(next)
      const after = await Promise.all([path, copy, locks].map((file) => stat(file)))
      expect(after.map(({ ino, mtimeMs, size }) => [ino, mtimeMs, size])).toEqual(
        before.map(({ ino, mtimeMs, size }) => [ino, mtimeMs, size]),
      )
    },
  )

  it.each(torn)('update() repairs the file first: it has %s', async (_, content) => {
    const { path, fs, locks, ino } = await mounted()
    await leaveCopy(path, content)
    let seen: unknown
    const look = async (current: unknown) => {
      seen = [current, await readFile(path, 'utf8'), await copiesIn(locks)]
      return undefined
    }
    expect(await fileStore({ path, fs }).update(look)).toEqual(next)
    expect(seen).toEqual([next, text, []])
    expect((await stat(path)).ino).toBe(ino)
    expect(await fileStore({ path, fs }).update(() => ({ later: 1 }))).toEqual({ later: 1 })
  })

  it('update() does not write a file again that has all of the new text', async () => {
    const calls: string[] = []
    const { path, fs } = await mounted('EBUSY', (call, from) => void calls.push(`${call} ${from}`))
    await leaveCopy(path, text)
    expect(await fileStore({ path, fs }).update(() => undefined)).toEqual(next)
    expect(calls).not.toContain(`open w ${path}`)
  })

  it('takes a later login of another program for the document, not the copy', async () => {
    const { path, fs, locks } = await mounted()
    await leaveCopy(path, '{"refreshToken":"of another program"}')
    const store = fileStore({ path, fs })
    expect(await store.read()).toEqual({ refreshToken: 'of another program' })
    expect(await store.update(() => undefined)).toEqual({ refreshToken: 'of another program' })
    expect(await copiesIn(locks)).toEqual([])
  })

  it('takes a later login for the document also when it is shorter than the copy', async () => {
    const { path, fs } = await mounted()
    await leaveCopy(path, '{"a":1}')
    expect(await fileStore({ path, fs }).read()).toEqual({ a: 1 })
  })

  it('takes a file that was removed for a document that was removed', async () => {
    const { path, locks } = await mounted()
    await leaveCopy(path, '')
    await rm(path)
    const store = fileStore({ path })
    expect(await store.read()).toBeUndefined()
    expect(await store.update(() => undefined)).toBeUndefined()
    expect(await copiesIn(locks)).toEqual([])
  })

  it('does not read a copy that no writer has made', async () => {
    const { path, fs } = await mounted()
    await mkdir(join(`${path}.locks`, `${digest(old)}.copy`), { recursive: true })
    expect(await fileStore({ path, fs }).read()).toEqual(JSON.parse(old))
    const other = await mounted()
    await leaveCopy(other.path, old, 'no JSON')
    const store = fileStore({ path: other.path, fs: other.fs })
    expect(await store.read()).toEqual(JSON.parse(old))
    expect(await store.update(() => undefined)).toEqual(JSON.parse(old))
    expect(await copiesIn(other.locks)).toHaveLength(1)
  })

  it('is an error, and not the old document, when the disk fails to read it', async () => {
    const { path, fs } = await mounted('EBUSY', (call, from) => {
      if (call === 'open r' && from.endsWith('.copy')) throw systemError('EIO', call)
    })
    await leaveCopy(path, '')
    const failure = { kind: 'transient', code: 'ERR_AUTH_STORE_IO', message: `Cannot read ${path}: EIO` }
    await expect(fileStore({ path, fs }).read()).rejects.toMatchObject(failure)
    await expect(fileStore({ path, fs }).update(() => 1)).rejects.toMatchObject(failure)
  })

  it.each(['ENOTDIR', 'EACCES', 'EPERM'])(
    'reads the file when the folder of the lock may not be read: %s',
    async (code) => {
      const { path, fs } = await mounted('EBUSY', (call, from) => {
        if (call === 'readdir' && from === `${path}.locks`) throw systemError(code, call)
      })
      await leaveCopy(path, old)
      expect(await fileStore({ path, fs }).read()).toEqual(JSON.parse(old))
    },
  )

  it.each(['EACCES', 'EPERM'])('reads the file when the copy may not be read: %s', async (code) => {
    const { path, fs } = await mounted('EBUSY', (call, from) => {
      if (call === 'open r' && from.endsWith('.copy')) throw systemError(code, call)
    })
    await leaveCopy(path, old)
    expect(await fileStore({ path, fs }).read()).toEqual(JSON.parse(old))
  })

  it('writes a new file although there is a folder with the name of a copy', async () => {
    const path = join(await temporaryFolder(), 'auth.json')
    await mkdir(join(`${path}.locks`, `${digest('')}.copy`), { recursive: true })
    expect(await fileStore({ path }).update(() => next)).toEqual(next)
  })
})

it.each(['"text"', '5', 'false'])(
  'update() of fileStore() writes in place over the document %s',
  async (document) => {
    const { path, fs } = await mounted()
    const store = fileStore({ path, fs })
    await store.update(() => next)
    await writeFile(path, document)
    const { uid } = await stat(path)
    vi.spyOn(process, 'geteuid').mockReturnValue(uid + 1)
    onTestFinished(() => void vi.restoreAllMocks())
    expect(await store.update(() => next)).toEqual(next)
  },
)
