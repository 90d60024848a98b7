import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  giveTo,
  isMountedFile,
  isNotReplaceable,
  overwrite,
  prepareInPlace,
  settleCopy,
} from '../../src/document/write-in-place.js'
import { failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'

const noop = async () => {}

it.each(['EBUSY', 'EXDEV', 'ETXTBSY'])('isNotReplaceable() is true for %s', (code) => {
  expect(isNotReplaceable({ code })).toBe(true)
})

it.each([{ code: 'EACCES' }, {}, undefined])('isNotReplaceable() is false for %j', (error) => {
  expect(isNotReplaceable(error)).toBe(false)
})

describe('giveTo()', () => {
  it('gives a file to a user', async () => {
    const chown = vi.fn(noop)
    expect(await giveTo({ chown }, { uid: 1, gid: 2 })).toBe(true)
    expect(chown.mock.calls).toEqual([[1, 2]])
  })

  it.each(['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP'])('is false after %s', async (code) => {
    expect(await giveTo({ chown: failing(code) }, fakeStats)).toBe(false)
  })

  it('rejects with any other failure', async () => {
    await expect(giveTo({ chown: failing('EIO') }, fakeStats)).rejects.toMatchObject({ code: 'EIO' })
  })
})

describe('overwrite()', () => {
  /** The calls that change a file of this mode, whose new owner is given. */
  async function changes(mode: number, owner?: { uid: number; gid: number }, chmod = noop) {
    const { fs, log } = fakeFileSystem({
      open: async () => ({
        stat: async () => ({ ...fakeStats, mode }),
        chown: noop,
        chmod,
        writeFile: noop,
        sync: noop,
      }),
    })
    await overwrite(fs, '/a', 'text', owner)
    expect(log.filter((call) => call.startsWith('open'))).toHaveLength(2)
    expect(log.filter((call) => call.startsWith('close'))).toHaveLength(2)
    const written = ['open "/a" "w"', 'writeFile "text" of /a', 'sync of /a', 'close of /a']
    expect(log.slice(-4)).toEqual(written)
    return log.slice(2, -5)
  }

  it('changes neither owner nor mode where both are right', async () => {
    expect(await changes(0o100_600)).toEqual([])
    expect(await changes(0o100_700, { uid: fakeStats.uid, gid: 7 })).toEqual([])
  })

  it('gives the file to another owner first, and takes the rights of others away', async () => {
    expect(await changes(0o604, { uid: 7, gid: 8 })).toEqual(['chown 7 8 of /a', 'chmod 384 of /a'])
    expect(await changes(0o610)).toEqual(['chmod 384 of /a'])
  })

  it('writes although the mode cannot be changed', async () => {
    expect(await changes(0o644, undefined, failing('EPERM'))).toEqual(['chmod 384 of /a'])
  })

  it.each(['stat', 'writeFile', 'sync'])('closes the file when %s() fails', async (call) => {
    const handle = { stat: async () => fakeStats, writeFile: noop, sync: noop, [call]: failing('EIO') }
    const { fs, log } = fakeFileSystem({ open: async () => handle })
    await expect(overwrite(fs, '/a', 'text', undefined)).rejects.toMatchObject({ code: 'EIO' })
    expect(log.at(-1)).toBe('close of /a')
  })
})

describe('prepareInPlace()', () => {
  const loaded = (json: unknown, uid = 1000) => ({
    json,
    bytes: new Uint8Array(4),
    stats: { ...fakeStats, uid },
    copy: undefined,
  })
  function prepare(json: unknown, calls = {}) {
    const { fs, log } = fakeFileSystem({
      open: async () => ({ writeFile: noop, sync: noop, ...calls }),
      unlink: noop,
    })
    return { done: prepareInPlace(fs, '/a', '/l', loaded(json)), log }
  }
  function runBy(user: number) {
    const { geteuid } = process
    Object.assign(process, { geteuid: () => user })
    onTestFinished(() => void Object.assign(process, { geteuid }))
  }

  it('reserves the space of a copy, and frees it', async () => {
    const { done, log } = prepare({ a: 1 })
    const free = await done
    const short = log.map((call) => call.replace(/"[0-9a-f]{8200}"/, 'SPACE'))
    const room = [
      'open "/l/room" "w" 384',
      'writeFile SPACE of /l/room',
      'sync of /l/room',
      'close of /l/room',
    ]
    expect(short).toEqual(['open "/a" "r+"', 'close of /a', ...room])
    await free()
    expect(log.slice(short.length)).toEqual(['unlink "/l/room"'])
  })

  it.each(['writeFile', 'sync', 'close'])('frees the space when %s() fails', async (call) => {
    const { done, log } = prepare(
      { a: 1 },
      call === 'close' ? { sync: failing('EIO') } : { [call]: failing('EIO') },
    )
    await expect(done).rejects.toMatchObject({ code: 'EIO' })
    expect(log.slice(-2)).toEqual(['close of /l/room', 'unlink "/l/room"'])
  })

  it('succeeds where the space cannot be freed', async () => {
    const { fs } = fakeFileSystem({
      open: async () => ({ writeFile: noop, sync: noop }),
      unlink: failing('EIO'),
    })
    await (await prepareInPlace(fs, '/a', '/l', loaded({ a: 1 })))()
  })

  it('rejects an empty file of another user, and makes no file', async () => {
    runBy(1001)
    const { done, log } = prepare({})
    await expect(done).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_STORE_ACCESS',
      message: 'Cannot write /a: it is empty and belongs to another user, who could read the document',
    })
    expect(log).toEqual(['open "/a" "r+"', 'close of /a'])
  })

  it.each<[string, number, unknown]>([
    ['an empty file of the same user', 1000, {}],
    ['an empty file, run by root', 0, {}],
    ['a document of another user', 1001, { a: 1 }],
  ])('accepts %s', async (_, user, json) => {
    runBy(user)
    await prepare(json).done
  })
})

describe('settleCopy()', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  /** The file after the copy is settled, and the calls. */
  async function settled(file: string | undefined, copy: string, isCurrent = true) {
    const { fs, log } = fakeFileSystem({
      open: async () => ({ stat: async () => fakeStats, writeFile: noop, sync: noop }),
      readdir: async () => [`${'0'.repeat(32)}.copy`],
      unlink: noop,
    })
    await settleCopy(fs, '/a', '/l', {
      json: undefined,
      bytes: file === undefined ? undefined : bytes(file),
      stats: fakeStats,
      copy: { path: '/l/x', bytes: bytes(copy), isCurrent },
    })
    expect(log.at(-1)).toBe(`unlink "/l/${'0'.repeat(32)}.copy"`)
    return log.find((call) => call.startsWith('writeFile'))
  }

  it('writes the text of the copy, unless the file has it, or the copy is out of date', async () => {
    expect(await settled('ol', 'new')).toBe('writeFile "new" of /a')
    expect(await settled(undefined, 'new')).toBe('writeFile "new" of /a')
    expect(await settled('new', 'new')).toBeUndefined()
    expect(await settled(undefined, '')).toBeUndefined()
    expect(await settled('ol', 'new', false)).toBeUndefined()
  })
})

it.runIf(process.platform === 'linux')('isMountedFile() finds a mount point', async () => {
  const { fs } = fakeFileSystem({})
  expect(await isMountedFile(fs, '/proc', fakeStats)).toBe(true)
  expect(await isMountedFile(fs, '/proc/self', fakeStats)).toBe(false)
})
