import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { fileStore } from '../src/index.js'
import { type Fault, faultyFileSystem, systemError } from './faulty-file-system.js'
import { temporaryFolder } from './temporary-folder.js'

const [before, after] = [{ secret: 'planted-old' }, { secret: 'planted-new' }]

/** Notes every call of one update of an existing file. */
async function callsOfUpdate(): Promise<string[]> {
  const path = join(await temporaryFolder(), 'token.json')
  await fileStore({ path }).update(() => before)
  const calls: string[] = []
  await fileStore({ path, fs: faultyFileSystem((call) => void calls.push(call)) }).update(() => after)
  return calls
}

/** Fails the call with this number, and only that. */
function failing(number: number, code: string): Fault {
  let calls = 0
  return (call) => {
    if (calls++ === number) throw systemError(code, call)
  }
}

describe('update() of fileStore()', () => {
  it('leaves the old or the new document, mode 0600, whichever call fails, and the next process works', async () => {
    const calls = await callsOfUpdate()
    expect(calls.length).toBeGreaterThan(20)
    for (const code of ['EIO', 'ENOSPC', 'EACCES']) {
      for (const [number, call] of calls.entries()) {
        const label = `${code} in call ${number}, ${call}`
        const folder = await temporaryFolder()
        const path = join(folder, 'token.json')
        await fileStore({ path }).update(() => before)
        const broken = fileStore({ path, fs: faultyFileSystem(failing(number, code)), lockTimeoutMs: 500 })
        const outcome = await broken.update(() => after).catch((error: unknown) => error)
        if (outcome instanceof Error) {
          const kind = code === 'EACCES' ? 'build' : 'transient'
          expect(AuthError.is(outcome) && outcome.kind, label).toBe(kind)
          expect(`${outcome.stack} ${JSON.stringify(outcome.cause)}`, label).not.toContain('planted')
        } else {
          expect(outcome, label).toEqual(after)
          expect(await fileStore({ path }).read(), label).toEqual(after)
        }
        const content = JSON.parse(await readFile(path, 'utf8'))
        expect([before, after], label).toContainEqual(content)
        expect((await stat(path)).mode & 0o777, label).toBe(0o600)
        expect(await fileStore({ path, lockTimeoutMs: 500 }).update(() => ({ next: 1 })), label).toEqual({
          next: 1,
        })
        // A temporary file that could not be removed is removed by whoever comes next.
        expect((await readdir(folder)).sort(), label).toEqual(['token.json', 'token.json.locks'])
      }
    }
  })

  it('has the new document on the disk before it gets the name, and the name before it returns', async () => {
    const calls = await callsOfUpdate()
    const start = calls.lastIndexOf('open wx')
    const persist = calls
      .slice(start)
      .filter((call) => !['readdir', 'handle.read', 'handle.stat'].includes(call))
    const check = ['open r', 'handle.close']
    const sync = ['handle.sync', 'handle.close']
    expect(persist).toEqual([
      ...['open wx', 'handle.writeFile', ...sync],
      ...check,
      ...['rename', 'open r', ...sync],
      // The release of the lock.
      'rename',
    ])
  })

  it('says of a full or busy machine that a later try may succeed, and of missing rights that none will', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{}', { mode: 0o600 })
    const outcomes = {
      EIO: 'transient',
      ENOSPC: 'transient',
      EBUSY: 'transient',
      EMFILE: 'transient',
    } as const
    const lasting = { EACCES: 'build', EROFS: 'build', ENOTDIR: 'build', ELOOP: 'build' } as const
    for (const [code, kind] of Object.entries({ ...outcomes, ...lasting })) {
      const fs = faultyFileSystem((call) => {
        if (call === 'open r') throw systemError(code, call)
      })
      const error = await fileStore({ path, fs })
        .read()
        .catch((thrown) => thrown)
      expect(error).toMatchObject({
        kind,
        code: kind === 'build' ? 'ERR_AUTH_STORE_ACCESS' : 'ERR_AUTH_STORE_IO',
        message: `Cannot read ${path}: ${code}`,
      })
    }
  })

  it('says that the file could not be read when it has the lock', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await fileStore({ path }).update(() => before)
    let isLocked = false
    const fs = faultyFileSystem((call, from) => {
      isLocked ||= call === 'open wx'
      if (isLocked && call === 'open r' && from === path) throw systemError('EIO', call)
    })
    const message = `Cannot read ${path}: EIO`
    await expect(fileStore({ path, fs }).update(() => after)).rejects.toMatchObject({ message })
  })

  it('works on file systems whose folders cannot be synced', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    let isRenamed = false
    const fs = faultyFileSystem((call) => {
      isRenamed ||= call === 'rename'
      if (isRenamed && call === 'handle.sync') throw systemError('EINVAL', call)
    })
    expect(await fileStore({ path, fs }).update(() => after)).toEqual(after)
    isRenamed = false
    const noOpen = faultyFileSystem((call) => {
      if (isRenamed && call === 'open r') throw systemError('EISDIR', call)
      isRenamed ||= call === 'rename'
    })
    expect(await fileStore({ path, fs: noOpen }).update(() => before)).toEqual(before)
  })

  it('reports a wider mode that it cannot correct, and goes on', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"a":1}')
    await chmod(path, 0o644)
    const messages: string[] = []
    const fs = faultyFileSystem((call) => {
      if (call === 'handle.chmod') throw systemError('EPERM', call)
    })
    const observer = (event: { type: string; message?: string }) => messages.push(event.message ?? '')
    expect(await fileStore({ path, fs, observer }).update(() => undefined)).toEqual({ a: 1 })
    expect(messages).toEqual([expect.stringContaining('0644, it could not be changed to 0600')])
  })

  it.runIf(process.getuid?.() === 0)('run by root, keeps the file its owner’s', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await fileStore({ path }).update(() => before)
    await chown(path, 12345, 23456)
    await fileStore({ path }).update(() => after)
    expect(await stat(path)).toMatchObject({ uid: 12345, gid: 23456 })
  })

  it('a change that does not end makes the next one give up, not wait forever', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore({ path, lockTimeoutMs: 60 })
    let end = () => {}
    const hanging = store.update(() => new Promise<undefined>((resolve) => (end = () => resolve(undefined))))
    const busy = { kind: 'transient', code: 'ERR_AUTH_STORE_BUSY' }
    const message = `Cannot change ${path}: an earlier change has not ended`
    await expect(store.update(() => 1)).rejects.toMatchObject({ ...busy, message })
    await expect(fileStore({ path, lockTimeoutMs: 60 }).update(() => 1)).rejects.toMatchObject(busy)
    end()
    await hanging
    expect(await store.update(() => 2)).toBe(2)
  })
})

describe('a holder of the lock that was stopped', () => {
  /** Stops a holder before the given call of its persist, until another process has taken over and written. */
  async function stoppedBefore(call: string, isLater: () => boolean = () => true) {
    const path = join(await temporaryFolder(), 'token.json')
    let wasStopped = false
    const fs = faultyFileSystem(async (name) => {
      // It gives no sign of life any more.
      if (name === 'utimes') throw systemError('EIO', name)
      if (wasStopped || name !== call || !isLater()) return
      wasStopped = true
      const other = fileStore({ path, holderTimeoutMs: 100 })
      expect(await other.update(() => ({ from: 'the other' }))).toEqual({ from: 'the other' })
    })
    const stopped = fileStore({ path, fs, holderTimeoutMs: 100 })
    const outcome = await stopped.update(() => ({ from: 'the stopped' })).catch((error: unknown) => error)
    expect(wasStopped).toBe(true)
    return { outcome, path }
  }

  it.each(['open wx', 'handle.writeFile', 'handle.sync', 'rename'])(
    'before %s drops its write',
    async (call) => {
      // The lock's own file is the first that is created and written.
      let seen = 0
      const isPersist = () => call === 'rename' || call === 'handle.sync' || ++seen > 1
      const { outcome, path } = await stoppedBefore(call, isPersist)
      expect(outcome).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_STORE_LOCK_LOST' })
      expect(await fileStore({ path }).read()).toEqual({ from: 'the other' })
    },
  )

  it('after its check is kept from renaming by the one who took over', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const other = fileStore({ path, holderTimeoutMs: 100 })
    const fs = faultyFileSystem(async (call, from) => {
      if (call === 'utimes') throw systemError('EIO', call)
      if (call !== 'rename' || !from.endsWith('.tmp')) return
      expect(await other.update((current) => ({ sees: current ?? null }))).toEqual({ sees: null })
    })
    const stopped = fileStore({ path, fs, holderTimeoutMs: 100 })
    await expect(stopped.update(() => 'mine')).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_LOCK_LOST' })
    expect(await other.read()).toEqual({ sees: null })
  })
})

it('update() of fileStore() loses the lock when its folder is removed before the document is read', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'auth.json')
  const fs = faultyFileSystem(async (call, from) => {
    if (call === 'readdir' && from === folder) await rm(`${path}.locks`, { recursive: true })
  })
  const lost = { kind: 'transient', code: 'ERR_AUTH_STORE_LOCK_LOST' }
  await expect(fileStore({ path, fs }).update(() => after)).rejects.toMatchObject(lost)
  expect(await fileStore({ path }).read()).toBeUndefined()
})
