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
  sockets: [] as unknown[],
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
// It closes nothing: the descriptor would stay among those that the thread of this test closes at its end.
vi.mock('node:net', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:net')>()),
  Socket: class {
    constructor(options: unknown) {
      system.sockets.push(options)
    }
    destroy() {
      system.sockets.push('destroyed')
    }
  },
}))
vi.mock('node:worker_threads', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:worker_threads')>()),
  get isMainThread() {
    return system.isMainThread
  },
}))
afterEach(() => {
  Object.assign(system, { isMainThread: true, swapped: '', before: '', sockets: [] })
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
  ['twice in a worker thread', false],
  ['once in the main thread', true],
])('readBoundedFile() on macOS closes a pipe %s', async (_, isMainThread) => {
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
  const closed: number[] = []
  const close = vi.mocked(closeSync)
  const closeReally = close.getMockImplementation()
  close.mockImplementation((descriptor) => {
    closed.push(descriptor)
    expect(system.sockets).toContain('destroyed')
    closeReally?.(descriptor)
    throw Object.assign(new Error('EBADF'), { code: 'EBADF' })
  })
  const { bytes } = await readBoundedFile(`/dev/fd/${reader}`, { limit: secretLimit, acceptsPipe: true })
  close.mockReset()
  const [options] = system.sockets as { fd: number }[]
  if (isMainThread && options) closeSync(options.fd)
  closeSync(reader)
  expect(new TextDecoder().decode(bytes)).toBe('secret')
  expect(system.sockets).toEqual([{ fd: expect.any(Number), manualStart: true }, 'destroyed'])
  expect(closed).toEqual(isMainThread ? [] : [options?.fd])
})
