import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, type PathLike, writeSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { readBoundedFile, secretLimit } from '../../src/command/index.js'

const system = vi.hoisted(() => ({
  isMainThread: true,
  /** The path whose file is another one before it is opened. */
  swapped: '',
  before: '',
}))
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  const stat = (path: PathLike) => original.stat(path === system.swapped ? system.before : path)
  return { ...original, stat }
})
vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>()
  return { ...original, closeSync: vi.fn(original.closeSync) }
})
vi.mock('node:worker_threads', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:worker_threads')>()),
  get isMainThread() {
    return system.isMainThread
  },
}))
afterEach(() => {
  Object.assign(system, { isMainThread: true, swapped: '', before: '' })
  vi.mocked(closeSync).mockReset()
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

it.skipIf(process.platform === 'win32')(
  'readBoundedFile() reads no directory that has taken the name of a file before it was opened',
  async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'file')
    await writeFile(file, 'secret')
    Object.assign(system, { swapped: folder, before: file })
    expect((await stat(folder)).isFile()).toBe(true)
    expect(await readBoundedFile(folder, { limit: secretLimit })).toEqual({
      problem: 'is a directory, not a regular file',
      code: undefined,
      isPipe: false,
    })
  },
)

it.runIf(process.platform === 'linux').each([
  [false, 1],
  [true, 0],
])(
  'readBoundedFile() on macOS closes a pipe once more in a worker thread: %s',
  async (isMainThread, times) => {
    const pipe = join(await temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = openSync(pipe, 'w')
    writeSync(writer, 'secret')
    closeSync(writer)
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
    onTestFinished(() => void Object.defineProperty(process, 'platform', platform))
    Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' })
    system.isMainThread = isMainThread
    const noSuchFile = Object.assign(new Error('EBADF'), { code: 'EBADF' })
    const close = vi.mocked(closeSync).mockReset()
    close.mockImplementation(() => {
      throw noSuchFile
    })
    const { bytes } = await readBoundedFile(`/dev/fd/${reader}`, { limit: secretLimit, acceptsPipe: true })
    expect(new TextDecoder().decode(bytes)).toBe('secret')
    expect(close.mock.calls).toEqual(Array(times).fill([expect.any(Number)]))
    expect(close.mock.calls).not.toContainEqual([reader])
    close.mockReset()
    closeSync(reader)
  },
)
