import { afterEach, describe, expect, it, vi } from 'vitest'
import { hasContent, loadDocument, lockFolder } from '../../src/document/load-document.js'
import { failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'

afterEach(() => void vi.restoreAllMocks())

/** A file whose content is another one at each read. */
function fileWith(...contents: string[]) {
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((resolve: () => void) => resolve()) as never)
  let reads = 0
  const { fs, log } = fakeFileSystem({
    stat: async () => fakeStats,
    realpath: async (path) => `/real${path}`,
    readdir: failing('ENOENT'),
    open: async () => ({
      stat: async () => fakeStats,
      readFile: async () => new TextEncoder().encode(contents[Math.min(reads++, contents.length - 1)]),
    }),
  })
  const pauses = () => vi.mocked(setTimeout).mock.calls.map(([, ms]) => ms)
  return { fs, log, reads: () => reads, pauses }
}

describe('loadDocument()', () => {
  it('reads a file once that is whole', async () => {
    const { fs, reads } = fileWith('{"a":1}')
    const { json, stats, copy } = await loadDocument(fs, '/a')
    expect([json, stats, copy, reads()]).toEqual([{ a: 1 }, fakeStats, undefined, 1])
  })

  it('reads half a file three times more, 15 ms apart', async () => {
    const whole = fileWith('{', '{', '{', '{"a":1}')
    expect((await loadDocument(whole.fs, '/a')).json).toEqual({ a: 1 })
    expect(whole.pauses()).toEqual([15, 15, 15])
    const half = fileWith('{')
    await expect(loadDocument(half.fs, '/a')).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_STORE_CORRUPT',
      message: 'Cannot read /a: it is not JSON',
    })
    expect(half.reads()).toBe(4)
  })

  it('takes a file that stays empty for no document', async () => {
    const { fs, reads } = fileWith('')
    const loaded = await loadDocument(fs, '/a', '/a')
    expect(loaded).toEqual({ json: undefined, bytes: new Uint8Array(), stats: fakeStats, copy: undefined })
    expect(reads()).toBe(4)
    await expect(loadDocument(fileWith(' ').fs, '/a')).rejects.toThrow('it is not JSON')
  })

  it('looks for a copy beside the file at the end of all links', async () => {
    for (const target of [undefined, '/b']) {
      const { fs, log } = fileWith('1')
      await loadDocument(fs, '/a', target)
      expect(log.at(-1)).toBe(`readdir "${lockFolder(target ?? '/real/a')}"`)
    }
  })
})

it.each([
  [undefined, false],
  [null, false],
  [{}, false],
  [[], false],
  [{ a: undefined }, true],
  [[0], true],
  ['', true],
  [0, true],
  [false, true],
])('hasContent() of %j is %s', (json, expected) => {
  expect(hasContent(json)).toBe(expected)
})

it('lockFolder() stands beside the file', () => {
  expect(lockFolder('/a/b.json')).toBe('/a/b.json.locks')
})
