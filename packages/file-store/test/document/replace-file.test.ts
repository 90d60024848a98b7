import { describe, expect, it } from 'vitest'
import { removeTemporaryFiles, replaceFile } from '../../src/document/replace-file.js'
import type { StoreFileHandle } from '../../src/index.js'
import { type FakeCalls, failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'

const noop = async () => {}
const other = { ...fakeStats, uid: 7, gid: 8 }
const lock = { generation: 12, check: noop, release: noop }

/** Replaces a file of `other` that holds this, and notes the calls with short names. */
async function replaced(
  json: unknown,
  {
    handle = {},
    calls = {},
    check = noop,
  }: {
    handle?: Partial<StoreFileHandle>
    calls?: FakeCalls
    check?: () => Promise<void>
  } = {},
) {
  const { fs, log } = fakeFileSystem({
    open: async () => ({
      writeFile: noop,
      stat: async () => fakeStats,
      sync: noop,
      chown: noop,
      ...handle,
    }),
    rename: noop,
    unlink: noop,
    ...calls,
  })
  const loaded = { json, bytes: new Uint8Array(), stats: other, copy: undefined }
  const outcome = await replaceFile(fs, '/f/a.json', 'text', { ...lock, check }, '/l', loaded).catch(
    (error: unknown) => error,
  )
  const short = log.map((call) =>
    call.replace(/\/f\/\.a\.json\.12-[0-9a-f]{16}\.tmp/g, 'TMP').replace(/\/l\/[0-9a-f]{32}\.copy/g, 'COPY'),
  )
  return { outcome, log: short }
}

describe('replaceFile()', () => {
  const write = ['open "TMP" "wx" 384', 'writeFile "text" of TMP', 'stat of TMP']
  const finish = ['sync of TMP', 'close of TMP']
  const place = ['rename "TMP" "/f/a.json"', 'open "/f" "r"', 'sync of /f', 'close of /f']

  it('gives the document to its owner before it gets its name', async () => {
    const { outcome, log } = await replaced({ a: 1 })
    expect(outcome).toEqual({ isInPlace: false, isTakenOver: false })
    expect(log).toEqual([...write, 'chown 7 8 of TMP', ...finish, ...place])
  })

  it('says that the document could not be given to its owner', async () => {
    const { outcome } = await replaced({ a: 1 }, { handle: { chown: failing('EPERM') } })
    expect(outcome).toEqual({ isInPlace: false, isTakenOver: true })
  })

  it('gives no document to the owner of an empty file, or to the same user', async () => {
    const empty = await replaced({})
    expect(empty.outcome).toEqual({ isInPlace: false, isTakenOver: false })
    expect(empty.log).toEqual([...write, ...finish, ...place])
    const same = await replaced({ a: 1 }, { handle: { stat: async () => other } })
    expect(same.outcome).toEqual({ isInPlace: false, isTakenOver: false })
    expect(same.log).toEqual([...write, ...finish, ...place])
  })

  it.each<[string, Parameters<typeof replaced>[1], object]>([
    ['cannot be written', { handle: { writeFile: failing('ENOSPC') } }, { code: 'ENOSPC' }],
    ['cannot be given away', { handle: { chown: failing('EIO') } }, { code: 'EIO' }],
    ['cannot be synchronised', { handle: { sync: failing('EIO') } }, { code: 'EIO' }],
    ['comes too late', { check: failing('LOST') }, { code: 'LOST' }],
    ['cannot be renamed', { calls: { rename: failing('EACCES') } }, { code: 'EACCES' }],
    [
      'was removed by the next holder',
      { calls: { rename: failing('ENOENT') } },
      { code: 'ERR_AUTH_STORE_LOCK_LOST', message: expect.stringContaining('Cannot write /f/a.json: ') },
    ],
  ])('removes a temporary file that %s', async (_, faults, failure) => {
    const { outcome, log } = await replaced({ a: 1 }, faults)
    expect(outcome).toMatchObject(failure)
    expect(log.at(-1)).toBe('unlink "TMP"')
  })

  it('throws the first failure, although the temporary file cannot be removed', async () => {
    const { outcome } = await replaced({}, { calls: { rename: failing('EACCES'), unlink: failing('EIO') } })
    expect(outcome).toMatchObject({ code: 'EACCES' })
  })

  /** Renames that fail like this, by the end of the new path. */
  const renames = (codes: Readonly<Record<string, string>>): FakeCalls => ({
    async rename(_, to) {
      const code = Object.entries(codes).find(([end]) => to.endsWith(end))?.[1]
      if (code) await failing(code)()
    },
  })
  const overwriting = [
    ...['open "/f/a.json" "r+"', 'stat of /f/a.json', 'close of /f/a.json'],
    ...['open "/f/a.json" "w"', 'writeFile "text" of /f/a.json', 'sync of /f/a.json', 'close of /f/a.json'],
    'unlink "COPY"',
  ]
  const syncLock = ['open "/l" "r"', 'sync of /l', 'close of /l']

  it('writes in place over a file that cannot be replaced, beside a copy', async () => {
    let checks = 0
    const check = async () => void checks++
    const { outcome, log } = await replaced({}, { calls: renames({ '/a.json': 'EBUSY' }), check })
    expect(outcome).toEqual({ isInPlace: true, isTakenOver: false })
    const copy = ['rename "TMP" "/f/a.json"', 'rename "TMP" "COPY"', ...syncLock]
    expect(log).toEqual([...write, ...finish, ...copy, ...overwriting])
    expect(checks).toBe(2)
  })

  it('writes the copy anew when the folder of the lock is on another disk', async () => {
    const { outcome, log } = await replaced({}, { calls: renames({ '/a.json': 'EXDEV', '.copy': 'EXDEV' }) })
    // The copy gets its name by a second rename, which fails here as well.
    expect(outcome).toMatchObject({ code: 'EXDEV' })
    expect(log.slice(6)).toEqual([
      'rename "TMP" "COPY"',
      'unlink "COPY.tmp"',
      'open "COPY.tmp" "wx" 384',
      'writeFile "text" of COPY.tmp',
      'stat of COPY.tmp',
      'sync of COPY.tmp',
      'close of COPY.tmp',
      'rename "COPY.tmp" "COPY"',
      'unlink "TMP"',
    ])
  })

  it('says that the lock is lost when the copy has no text any more', async () => {
    const { outcome, log } = await replaced({}, { calls: renames({ '/a.json': 'EBUSY', '.copy': 'ENOENT' }) })
    expect(outcome).toMatchObject({
      code: 'ERR_AUTH_STORE_LOCK_LOST',
      message: expect.stringMatching(/^Cannot write \/l\/\w+\.copy: /),
    })
    expect(log.at(-1)).toBe('unlink "TMP"')
  })

  it('is content when somebody else has removed the copy, and with no other failure', async () => {
    const gone = { ...renames({ '/a.json': 'EBUSY' }), unlink: failing('ENOENT') }
    expect((await replaced({}, { calls: gone })).outcome).toMatchObject({ isInPlace: true })
    const stuck = { ...renames({ '/a.json': 'EBUSY' }), unlink: failing('EIO') }
    expect((await replaced({}, { calls: stuck })).outcome).toMatchObject({ code: 'EIO' })
  })
})

describe('removeTemporaryFiles()', () => {
  const digits = '0123456789abcdef'

  it('removes those of former holders, and nothing else', async () => {
    const ours = [`.a.json.1-${digits}.tmp`, `.a.json.12-${digits}.tmp`]
    const others = [
      `a.json.1-${digits}.tmp`,
      `.a.json.x1-${digits}.tmp`,
      `.a.json.-${digits}.tmp`,
      `.a.json.1-${digits}.tmpx`,
      `.a.json.1-${digits}_tmp`,
      `.a.json.1-${digits}0.tmp`,
      `.a.json.1-${digits.slice(1)}.tmp`,
      `.a.json.1-${digits.replace('a', 'g')}.tmp`,
      `.b.json.1-${digits}.tmp`,
      `.b.json-1-${digits}.tmp`,
    ]
    const { fs, log } = fakeFileSystem({ readdir: async () => [...ours, ...others], unlink: noop })
    await removeTemporaryFiles(fs, '/f/a.json')
    expect(log).toEqual(['readdir "/f"', ...ours.map((name) => `unlink "/f/${name}"`)])
  })

  it('leaves one that is gone, and rejects with any other failure', async () => {
    const readdir = async () => [`.a.json.1-${digits}.tmp`]
    await removeTemporaryFiles(fakeFileSystem({ readdir, unlink: failing('ENOENT') }).fs, '/f/a.json')
    const broken = removeTemporaryFiles(fakeFileSystem({ readdir, unlink: failing('EPERM') }).fs, '/f/a.json')
    await expect(broken).rejects.toMatchObject({ code: 'EPERM' })
  })
})
