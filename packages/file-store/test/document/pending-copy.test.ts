import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { copyPath, findCopy, removeCopies } from '../../src/document/pending-copy.js'
import { failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const nameFor = (text: string) => `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.copy`

/** A folder of a lock, with these files in it. */
function folderWith(files: Readonly<Record<string, string>>) {
  return fakeFileSystem({
    readdir: async () => Object.keys(files),
    stat: async () => fakeStats,
    open: async (path) => {
      const content = files[path.slice('/l/'.length)]
      if (content === undefined) return failing('ENOENT')()
      return { stat: async () => fakeStats, readFile: async () => bytes(content) }
    },
    unlink: async () => {},
  })
}

it('copyPath() tells texts apart', () => {
  expect(copyPath('/l', bytes('{}'))).toBe(`/l/${nameFor('{}')}`)
})

describe('findCopy()', () => {
  const found = async (files: Readonly<Record<string, string>>, content: string) => {
    const copy = await findCopy(folderWith(files).fs, '/l', bytes(content))
    return copy && { ...copy, bytes: new TextDecoder().decode(copy.bytes) }
  }
  const [replaced, next] = ['{"a":1}', '{"a":2,"b":3}']
  const path = `/l/${nameFor(replaced)}`

  it('is current while the file has what the copy replaces', async () => {
    const files = { 1: '', [nameFor('x')]: '5', [nameFor(replaced)]: next }
    expect(await found(files, replaced)).toEqual({ path, bytes: next, isCurrent: true })
  })

  it.each([
    ['', true],
    ['{"a":2', true],
    [next, true],
    ['{"b"', true],
    [`${next} `, false],
    ['{"a":3}', false],
  ])('beside a file with %j: is current: %s', async (content, isCurrent) => {
    expect(await found({ [nameFor(replaced)]: next }, content)).toEqual({ path, bytes: next, isCurrent })
  })

  it('is current beside a beginning that is JSON as well', async () => {
    expect(await found({ [nameFor(replaced)]: '123' }, '12')).toMatchObject({ isCurrent: true })
    expect(await found({ [nameFor(replaced)]: '123' }, '1234')).toMatchObject({ isCurrent: false })
    expect(await found({ [nameFor(replaced)]: '123' }, '13')).toMatchObject({ isCurrent: false })
  })

  it.each([
    `x${nameFor(replaced)}`,
    `${nameFor(replaced)}x`,
    nameFor(replaced).slice(1),
    nameFor(replaced).replace('.', '_'),
    `g${nameFor(replaced).slice(1)}`,
    nameFor(replaced).replace('.copy', '.copy.tmp'),
  ])('does not look at a file named %s', async (name) => {
    const { fs, log } = folderWith({ [name]: next })
    expect(await findCopy(fs, '/l', bytes(''))).toBeUndefined()
    await removeCopies(fs, '/l')
    expect(log).toEqual(['readdir "/l"', 'readdir "/l"'])
  })

  it('is undefined for a copy that is not JSON, or is gone', async () => {
    expect(await found({ [nameFor(replaced)]: 'no' }, '')).toBeUndefined()
    const readdir = async () => [nameFor(replaced)]
    const gone = fakeFileSystem({ readdir, stat: async () => fakeStats, open: failing('ENOENT') })
    expect(await findCopy(gone.fs, '/l', bytes(''))).toBeUndefined()
  })

  it.each(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'])(
    'is undefined when the folder fails: %s',
    async (code) => {
      expect(await findCopy(fakeFileSystem({ readdir: failing(code) }).fs, '/l', bytes(''))).toBeUndefined()
    },
  )

  it('rejects with any other failure', async () => {
    const broken = fakeFileSystem({ readdir: failing('EIO') })
    await expect(findCopy(broken.fs, '/l', bytes(''))).rejects.toMatchObject({ code: 'EIO' })
    const readdir = async () => [nameFor(replaced)]
    const unreadable = fakeFileSystem({ readdir, stat: failing('EIO') })
    await expect(findCopy(unreadable.fs, '/l', bytes(''))).rejects.toMatchObject({ code: 'EIO' })
    const hidden = fakeFileSystem({ readdir, stat: failing('EPERM') })
    expect(await findCopy(hidden.fs, '/l', bytes(''))).toBeUndefined()
  })
})

describe('removeCopies()', () => {
  it('removes all copies, and nothing else', async () => {
    const { fs, log } = folderWith({ 1: '', [nameFor('a')]: '', '2.released': '', [nameFor('b')]: '' })
    await removeCopies(fs, '/l')
    expect(log.slice(1)).toEqual([`unlink "/l/${nameFor('a')}"`, `unlink "/l/${nameFor('b')}"`])
  })

  it.each(['ENOENT', 'EISDIR'])('leaves what cannot be removed: %s', async (code) => {
    const { fs } = fakeFileSystem({ readdir: async () => [nameFor('a')], unlink: failing(code) })
    await removeCopies(fs, '/l')
  })

  it('takes a folder that is missing for an empty one, and rejects with any other failure', async () => {
    await removeCopies(fakeFileSystem({ readdir: failing('ENOENT') }).fs, '/l')
    const failure = removeCopies(fakeFileSystem({ readdir: failing('EACCES') }).fs, '/l')
    await expect(failure).rejects.toMatchObject({ code: 'EACCES' })
    const { fs } = fakeFileSystem({ readdir: async () => [nameFor('a')], unlink: failing('EPERM') })
    await expect(removeCopies(fs, '/l')).rejects.toMatchObject({ code: 'EPERM' })
  })
})
