import { describe, expect, it } from 'vitest'
import { makeFolder } from '../../src/system/make-folder.js'
import { failing, fakeFileSystem } from '../fake-file-system.js'

/** A system that has these folders. */
function systemWith(...folders: string[]) {
  return fakeFileSystem({
    async mkdir(path) {
      if (folders.includes(path)) return failing('EEXIST')()
      if (!folders.includes(path.replace(/\/[^/]*$/, ''))) return failing('ENOENT')()
      folders.push(path)
    },
  })
}
const made = (path: string) => `mkdir "${path}" {"mode":448}`

describe.skipIf(process.platform === 'win32')('makeFolder()', () => {
  it('makes a folder and those above it that are missing', async () => {
    const { fs, log } = systemWith('/a')
    await makeFolder(fs, '/a/b/c')
    expect(log).toEqual([made('/a/b/c'), made('/a/b'), made('/a/b/c')])
  })

  it('takes a folder that is there', async () => {
    const { fs, log } = systemWith('/a')
    await makeFolder(fs, '/a')
    expect(log).toEqual([made('/a')])
  })

  it('takes a folder that another process has made meanwhile', async () => {
    const codes = ['ENOENT', 'EEXIST', 'EEXIST']
    const { fs, log } = fakeFileSystem({ mkdir: () => failing(codes.shift() ?? 'EIO')() })
    await makeFolder(fs, '/a/b')
    expect(log).toEqual([made('/a/b'), made('/a'), made('/a/b')])
  })

  it.each([
    [['EACCES'], '/a/b', 'EACCES'],
    [['ENOENT', 'EROFS'], '/a/b', 'EROFS'],
    [['ENOENT', 'EEXIST', 'ENOENT'], '/a/b', 'ENOENT'],
    [['ENOENT'], '/', 'ENOENT'],
  ])('rejects after %j for %s with %s', async (codes, path, code) => {
    const { fs, log } = fakeFileSystem({ mkdir: () => failing(codes.shift() ?? 'EIO')() })
    await expect(makeFolder(fs, path)).rejects.toMatchObject({ code })
    expect(codes).toEqual([])
    expect(log.at(-1)).toBe(made(path === '/' ? '/' : log.length === 2 ? '/a' : '/a/b'))
  })
})
