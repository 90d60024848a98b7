import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { AuthError, type AuthEvent } from '@outbound-auth/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileStore } from '../src/index.js'
import { faultyFileSystem, systemError } from './faulty-file-system.js'
import { temporaryFolder } from './temporary-folder.js'

const isWindows = process.platform === 'win32'
const isRoot = process.getuid?.() === 0
const works = ['read', 'update'] as const

/** The state of a file that reading must not change. */
async function stateOf(path: string) {
  const { mode, uid, gid, mtimeMs, ctimeMs, ino, size } = await stat(path)
  return { mode, uid, gid, mtimeMs, ctimeMs, ino, size }
}

/** Runs one method of a store, whose change must not be called. */
async function failureOf(path: string, work: (typeof works)[number]): Promise<unknown> {
  let wasCalled = false
  const change = () => {
    wasCalled = true
    return { secret: 'planted' }
  }
  const error = await fileStore({ path, lockTimeoutMs: 2000 })
    [work](change)
    .catch((thrown) => thrown)
  expect(wasCalled).toBe(false)
  return error
}

describe.skipIf(isWindows)('fileStore() on a path that leads to no regular file', () => {
  it.each(works)('%s() leaves /dev/null as it is', async (work) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'auth.json')
    await symlink('/dev/null', path)
    const before = await stateOf('/dev/null')
    const error = await failureOf(path, work)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_ACCESS' })
    expect(String(error)).toMatch(/: it is a character device, not a regular file$/)
    expect(await stateOf('/dev/null')).toEqual(before)
    expect(await readdir(folder)).toEqual(['auth.json'])
    expect(await readdir('/dev')).not.toContain('null.locks')
  })

  it.each(works)('%s() says what it is, at once, and makes no file', async (work) => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'a directory'))
    execFileSync('mkfifo', [join(folder, 'a pipe')])
    const server = createServer().listen(join(folder, 'a socket'))
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    await symlink('/dev/zero', join(folder, 'a character device'))
    const names = await readdir(folder)
    for (const name of names) {
      const error = await failureOf(join(folder, name), work)
      expect(error, name).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_ACCESS' })
      expect(String(error)).toContain(`it is ${name}, not a regular file`)
    }
    expect(await readdir(folder)).toEqual(names)
  })
})

describe('fileStore() on a file of another kind', () => {
  it.each(works)(
    '%s() changes nothing about a public file that is not JSON, and makes no lock',
    async (work) => {
      const folder = await temporaryFolder()
      await writeFile(join(folder, 'public.txt'), 'everybody may read this')
      await chmod(join(folder, 'public.txt'), 0o644)
      const path = join(folder, 'auth.json')
      await symlink('public.txt', path)
      const before = await stateOf(path)
      expect(await failureOf(path, work)).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_CORRUPT' })
      expect(await stateOf(path)).toEqual(before)
      expect((await readdir(folder)).sort()).toEqual(['auth.json', 'public.txt'])
    },
  )

  it('neither method changes anything about JSON that parse rejects', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'package.json')
    await writeFile(path, '{"name":"x"}')
    await chmod(path, 0o644)
    const before = await stateOf(path)
    const parse = (): never => {
      throw new TypeError('no login')
    }
    const store = fileStore({ path, parse })
    await expect(store.read()).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_STORE_CORRUPT',
      message: `Cannot use ${path}: parse rejected the content of the file`,
    })
    await expect(store.update(() => 'x' as never)).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_CORRUPT' })
    expect(await stateOf(path)).toEqual(before)
    expect(await readdir(folder)).toEqual(['package.json'])
  })

  it('read() changes neither mode nor time of a document, and makes nothing beside it', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'token.json')
    await writeFile(path, '{"a":1}')
    await chmod(path, 0o666)
    await utimes(path, 1000, 1000)
    const before = await stateOf(path)
    expect(await fileStore({ path }).read()).toEqual({ a: 1 })
    expect(await stateOf(path)).toEqual(before)
    expect(await readdir(folder)).toEqual(['token.json'])
  })

  it.each(works)('%s() does not read a file of 400 MB', async (work) => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{}')
    truncateSync(path, 400e6)
    const error = await failureOf(path, work)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_CORRUPT' })
    expect(String(error)).toContain('it is larger than 16 MiB, the limit for a document')
  })

  it('reads a document of 16 MiB, and writes none that it could not read', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const text = 'x'.repeat(2 ** 24 - 2)
    await writeFile(path, JSON.stringify(text), { mode: 0o600 })
    expect(await fileStore<string>({ path }).read()).toHaveLength(text.length)
    const tooLarge = new TypeError('fileStore: a change must return a document of less than 16 MiB')
    // A line break follows the document, so a document of 16 MiB is one byte too long.
    await expect(fileStore({ path }).update(() => text)).rejects.toThrow(tooLarge)
    expect(await fileStore<string>({ path }).update(() => 'short')).toBe('short')
  })
})

describe.runIf(isRoot)('fileStore() run by root', () => {
  const stranger = 12_345

  it('read() of a file that another user owns is no error, and changes nothing', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"a":1}')
    await chmod(path, 0o640)
    await chown(path, stranger, stranger)
    const before = await stateOf(path)
    const events: AuthEvent[] = []
    expect(await fileStore({ path, observer: (event) => void events.push(event) }).read()).toEqual({ a: 1 })
    expect(await stateOf(path)).toEqual(before)
    expect(events).toEqual([expect.objectContaining({ type: 'warned', code: 'ERR_AUTH_STORE_MODE' })])
  })

  it.each(['', '{}', 'null', '[]'])(
    'keeps what it writes to a file of another user that held %j',
    async (text) => {
      const path = join(await temporaryFolder(), 'token.json')
      await writeFile(path, text)
      await chmod(path, 0o666)
      await chown(path, stranger, stranger)
      await fileStore({ path }).update(() => ({ refreshToken: 'planted' }))
      const { uid, gid, mode } = await stat(path)
      expect([uid, gid, mode & 0o777]).toEqual([0, process.getgid?.(), 0o600])
    },
  )

  it('leaves a document to its owner', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"a":1}', { mode: 0o600 })
    await chown(path, stranger, stranger)
    const events: AuthEvent[] = []
    const observer = (event: AuthEvent) => void events.push(event)
    await fileStore({ path, observer }).update(() => ({ a: 2 }))
    expect(await stat(path)).toMatchObject({ uid: stranger, gid: stranger })
    expect(events).toEqual([])
  })

  it('stores a document that it cannot give back to its owner, and reports that', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"a":1}', { mode: 0o600 })
    await chown(path, stranger, stranger)
    const events: AuthEvent[] = []
    const observer = (event: AuthEvent) => void events.push(event)
    // The error codes of a process that is not root, and of a container without that user.
    for (const code of ['EPERM', 'EINVAL']) {
      const fs = faultyFileSystem((call) => {
        if (call === 'handle.chown') throw systemError(code, call)
      })
      await chown(path, stranger, stranger)
      expect(await fileStore({ path, fs, observer }).update(() => ({ code }))).toEqual({ code })
      expect(await readFile(path, 'utf8')).toContain(code)
      expect(events.splice(0)).toEqual([
        {
          type: 'warned',
          kind: 'file-store',
          code: 'ERR_AUTH_STORE_OWNER',
          message: `${path} belonged to another user; it belongs to this process's user now: only root can give it back`,
        },
      ])
    }
  })
})

describe('update() of fileStore() on a disk that cannot be written to', () => {
  it.each(['EROFS', 'EACCES', 'EPERM', 'ENOSPC'])('says %s before the change is called', async (code) => {
    for (const exists of [true, false]) {
      const folder = await temporaryFolder()
      const path = exists ? join(folder, 'token.json') : join(folder, 'new', 'token.json')
      if (exists) await writeFile(path, '{"a":1}', { mode: 0o600 })
      const fs = faultyFileSystem((call) => {
        if (call === 'mkdir' || call === 'open wx') throw systemError(code, call)
      })
      let wasCalled = false
      const error = await fileStore({ path, fs })
        .update(() => {
          wasCalled = true
          return 1
        })
        .catch((thrown) => thrown as AuthError)
      if (!AuthError.is(error)) throw new Error('It did not fail')
      expect(wasCalled).toBe(false)
      expect(error.message).toMatch(new RegExp(`^Cannot (lock|resolve) .*token.json: ${code}$`))
      expect(error.kind).toBe(code === 'ENOSPC' ? 'transient' : 'build')
    }
  })
})
