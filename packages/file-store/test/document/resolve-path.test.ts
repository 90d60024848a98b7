import { describe, expect, it } from 'vitest'
import { resolvePath } from '../../src/document/resolve-path.js'
import { failing, fakeFileSystem } from '../fake-file-system.js'

/** A system with these real paths, and these links that lead nowhere. */
function systemWith(real: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}) {
  const places = { ...real }
  return fakeFileSystem({
    realpath: async (path) => places[path] ?? failing('ENOENT')(),
    readlink: async (path) => links[path] ?? failing('ENOENT')(),
    async mkdir(path) {
      places[path] = `/real${path}`
    },
  })
}

describe.skipIf(process.platform === 'win32')('resolvePath()', () => {
  it('finds the file at the end of all links', async () => {
    const { fs, log } = systemWith({ '/a/b.json': '/real/b.json' })
    expect(await resolvePath(fs, '/x/../a/b.json')).toBe('/real/b.json')
    expect(log).toEqual(['realpath "/a/b.json"'])
  })

  it('finds the place of a file that does not exist', async () => {
    const { fs, log } = systemWith({ '/a': '/real' })
    expect(await resolvePath(fs, '/a/b.json')).toBe('/real/b.json')
    expect(log.filter((call) => call.startsWith('mkdir'))).toEqual([])
  })

  it('makes the folder of a file that does not exist', async () => {
    const { fs, log } = systemWith({})
    expect(await resolvePath(fs, '/a/b.json')).toBe('/real/a/b.json')
    expect(log.filter((call) => call.startsWith('mkdir'))).toEqual(['mkdir "/a" {"mode":448}'])
  })

  it('follows links that lead nowhere', async () => {
    const links = { '/a/b.json': 'c.json', '/a/c.json': '../d/e.json', '/d/e.json': '/f/g.json' }
    expect(await resolvePath(systemWith({ '/f': '/f' }, links).fs, '/a/b.json')).toBe('/f/g.json')
    expect(await resolvePath(systemWith({ '/d/e.json': '/real' }, links).fs, '/a/b.json')).toBe('/real')
  })

  it('takes a path that was a link a moment ago for a file', async () => {
    const realpath = async (path: string) => (path === '/a' ? '/a' : failing('ENOENT')())
    const { fs } = fakeFileSystem({ realpath, readlink: failing('EINVAL') })
    expect(await resolvePath(fs, '/a/b.json')).toBe('/a/b.json')
  })

  it('follows 40 links', async () => {
    const links = Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`/a/${at}`, `${at + 1}`]))
    expect(await resolvePath(systemWith({ '/a': '/a' }, links).fs, '/a/0')).toBe('/a/40')
  })

  it('rejects with any other failure', async () => {
    const circle = fakeFileSystem({ realpath: failing('ELOOP') })
    await expect(resolvePath(circle.fs, '/a/b')).rejects.toMatchObject({ code: 'ELOOP' })
    const hidden = fakeFileSystem({ realpath: failing('ENOENT'), readlink: failing('EACCES') })
    await expect(resolvePath(hidden.fs, '/a/b')).rejects.toMatchObject({ code: 'EACCES' })
    const codes = ['ENOENT', 'EACCES']
    const realpath = () => failing(codes.shift() ?? 'EIO')()
    const folder = fakeFileSystem({ realpath, readlink: failing('ENOENT') })
    await expect(resolvePath(folder.fs, '/a/b')).rejects.toMatchObject({ code: 'EACCES' })
  })
})
