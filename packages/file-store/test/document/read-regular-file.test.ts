import { describe, expect, it } from 'vitest'
import { parseJson, readRegularFile } from '../../src/document/read-regular-file.js'
import { failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'

const limit = 16 * 2 ** 20
const content = Uint8Array.of(1, 2, 3)
const pipe = { ...fakeStats, mode: 0o010_600 }

/** A file of this status before and after it is opened. */
function fileOf({ before = fakeStats, after = fakeStats, read = false, stat = async () => before }) {
  let at = 0
  const readPart = async (buffer: Uint8Array, offset: number) => {
    const part = content.subarray(at, at + 2)
    at += part.length
    buffer.set(part, offset)
    return { bytesRead: part.length }
  }
  const open = async () => ({
    stat: async () => after,
    readFile: async () => content,
    ...(read && { read: readPart }),
  })
  return fakeFileSystem({ stat, open })
}

describe('readRegularFile()', () => {
  it.each([
    ['as a whole', false],
    ['in parts', true],
  ])('reads a file %s, and closes it', async (_, read) => {
    const { fs, log } = fileOf({ read })
    expect(await readRegularFile(fs, '/a')).toEqual({ bytes: content, stats: fakeStats })
    expect(log.slice(0, 2)).toEqual(['stat "/a"', 'open "/a" "r"'])
    expect(log.some((call) => call.startsWith('readFile'))).toBe(!read)
    expect(log.at(-1)).toBe('close of /a')
  })

  it('is undefined for a file that does not exist, or no longer', async () => {
    const absent = fileOf({ stat: failing('ENOENT') })
    expect(await readRegularFile(absent.fs, '/a')).toBeUndefined()
    expect(absent.log).toEqual(['stat "/a"'])
    const removed = fakeFileSystem({ stat: async () => fakeStats, open: failing('ENOENT') })
    expect(await readRegularFile(removed.fs, '/a')).toBeUndefined()
  })

  it('rejects with any other failure', async () => {
    await expect(readRegularFile(fileOf({ stat: failing('EIO') }).fs, '/a')).rejects.toThrow('EIO')
    const { fs } = fakeFileSystem({ stat: async () => fakeStats, open: failing('EACCES') })
    await expect(readRegularFile(fs, '/a')).rejects.toThrow('EACCES')
  })

  it('says what is not a regular file, which it does not open, or closes', async () => {
    const rejection = {
      kind: 'build',
      code: 'ERR_AUTH_STORE_ACCESS',
      message: 'Cannot use /a: it is a pipe, not a regular file',
    }
    const before = fileOf({ before: pipe })
    await expect(readRegularFile(before.fs, '/a')).rejects.toMatchObject(rejection)
    expect(before.log).toEqual(['stat "/a"'])
    const after = fileOf({ after: pipe })
    await expect(readRegularFile(after.fs, '/a')).rejects.toMatchObject(rejection)
    expect(after.log.slice(2)).toEqual(['stat of /a', 'close of /a'])
  })

  it.each([true, false])('reads no file that is larger than a document; in parts: %s', async (read) => {
    const { fs, log } = fileOf({ after: { ...fakeStats, size: limit + 1 }, read })
    await expect(readRegularFile(fs, '/a')).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_STORE_CORRUPT',
      message: 'Cannot read /a: it is larger than 16 MiB, the limit for a document',
    })
    expect(log.slice(2)).toEqual(['stat of /a', 'close of /a'])
    const largest = fileOf({ after: { ...fakeStats, size: limit } })
    expect((await readRegularFile(largest.fs, '/a'))?.bytes).toBe(content)
  })
})

it.each<[string, string | Uint8Array, unknown]>([
  ['JSON', '{"a":"ü"}', { a: 'ü' }],
  ['half of it', '{"a":', undefined],
  ['nothing', '', undefined],
  ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), undefined],
])('parseJson() of %s', (_, text, json) => {
  expect(parseJson(typeof text === 'string' ? new TextEncoder().encode(text) : text)).toEqual(json)
})
