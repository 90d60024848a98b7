import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { documentLimit, givenDescriptor, readBoundedFile, secretLimit } from '../../src/command/index.js'

const isWindows = process.platform === 'win32'
const isLinux = process.platform === 'linux'
const mebibyte = 2 ** 20
const secret = { limit: secretLimit }
const sourceFile = fileURLToPath(new URL('../../src/command/read-bounded-file.ts', import.meta.url))

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

async function namedPipe(): Promise<string> {
  const path = join(await temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

/** A pipe as a shell gives it to a program: the path of its reading end, and its writing end. */
async function givenPipe(folder = '/dev/fd'): Promise<{ path: string; writer: number }> {
  const pipe = await namedPipe()
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(pipe, 'w')
  onTestFinished(() => closeSync(reader))
  return { path: `${folder}/${reader}`, writer }
}

/** How many descriptors of this process lead to the same pipe. */
function openEnds(path: string): number {
  const linkOf = (descriptor: string) => {
    try {
      return readlinkSync(descriptor)
    } catch {
      return ''
    }
  }
  const pipe = readlinkSync(path)
  return readdirSync('/proc/self/fd').filter((name) => linkOf(`/proc/self/fd/${name}`) === pipe).length
}

describe('readBoundedFile()', () => {
  it('reads a regular file up to its limit, to the byte', async () => {
    const path = join(await temporaryFolder(), 'file')
    for (const size of [0, 1, 16_383, 16_384, 16_385, mebibyte]) {
      await writeFile(path, 'x'.repeat(size))
      expect((await readBoundedFile(path, secret)).bytes?.length).toBe(size)
    }
    await writeFile(path, 'x'.repeat(mebibyte + 1))
    const problem = 'is larger than 1 MiB, the limit for a secret'
    expect(await readBoundedFile(path, secret)).toEqual({ problem, code: undefined, isPipe: false })
    expect((await readBoundedFile(path, { limit: documentLimit })).bytes?.length).toBe(mebibyte + 1)
  })

  it('does not read a file of 400 MB', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, 'secret')
    truncateSync(path, 400e6)
    const problem = 'is larger than 16 MiB, the limit for a document'
    expect(await readBoundedFile(path, { limit: documentLimit })).toMatchObject({ problem })
  })

  it('tells why the system does not open a file', async () => {
    const folder = await temporaryFolder()
    await symlink('b', join(folder, 'a'))
    await symlink('a', join(folder, 'b'))
    await writeFile(join(folder, 'plain'), '')
    for (const [name, code] of Object.entries({ missing: 'ENOENT', a: 'ELOOP', 'plain/x': 'ENOTDIR' })) {
      expect(await readBoundedFile(join(folder, name), secret)).toEqual({
        problem: 'cannot be read',
        code,
        isPipe: false,
      })
    }
  })

  it.skipIf(isWindows)(
    'reads no directory, pipe, socket or device, nor where a link leads to one',
    async () => {
      const folder = await temporaryFolder()
      await mkdir(join(folder, 'directory'))
      execFileSync('mkfifo', [join(folder, 'pipe')])
      const server = createServer().listen(join(folder, 'socket'))
      onTestFinished(() => void server.close())
      await new Promise((resolve) => server.once('listening', resolve))
      const cases: Record<string, string> = {
        directory: 'is a directory, not a regular file',
        pipe: 'is a pipe, not a regular file',
        socket: 'is a socket, not a regular file',
      }
      for (const [name, problem] of Object.entries(cases)) {
        await symlink(name, join(folder, `link-to-${name}`))
        for (const path of [name, `link-to-${name}`]) {
          expect(await readBoundedFile(join(folder, path), { ...secret, acceptsPipe: true })).toMatchObject({
            problem,
          })
        }
      }
      expect(await readBoundedFile(folder, secret)).toMatchObject({ code: 'EISDIR' })
      for (const path of ['/dev/zero', '/dev/random', '/dev/tty']) {
        expect(await readBoundedFile(path, secret)).toMatchObject({
          problem: 'is a character device, not a regular file',
        })
      }
    },
  )

  it.skipIf(isWindows)('takes the null device for an empty file', async () => {
    const path = join(await temporaryFolder(), 'link')
    await symlink('/dev/null', path)
    expect(await readBoundedFile(path, secret)).toEqual({ bytes: new Uint8Array(), isPipe: false })
  })

  it.runIf(isLinux)('reads a file of /proc, whose size is 0', async () => {
    const { bytes } = await readBoundedFile('/proc/self/status', secret)
    expect(new TextDecoder().decode(bytes)).toContain('Pid:')
  })

  it.runIf(isLinux)('reads a deleted file that the process was given', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, 'text')
    const descriptor = openSync(path, 'r')
    onTestFinished(() => closeSync(descriptor))
    await rm(path)
    const { bytes } = await readBoundedFile(`/proc/self/fd/${descriptor}`, secret)
    expect(new TextDecoder().decode(bytes)).toBe('text')
  })
})

describe.runIf(isLinux)('readBoundedFile() with acceptsPipe', () => {
  const options = { ...secret, acceptsPipe: true }

  it.each(['/dev/fd', '/proc/self/fd', `/proc/${process.pid}/fd`, '/dev/../proc/self/fd'])(
    'reads a pipe under %s to its end, also one that is written slowly',
    async (folder) => {
      const { path, writer } = await givenPipe(folder)
      writeSync(writer, 'secret-')
      const reading = readBoundedFile(path, options)
      await new Promise((resolve) => setTimeout(resolve, 50))
      writeSync(writer, '1')
      closeSync(writer)
      expect(new TextDecoder().decode((await reading).bytes)).toBe('secret-1')
    },
  )

  it('reads what a writer has left that has ended', async () => {
    const { path, writer } = await givenPipe()
    writeSync(writer, 'secret-1')
    closeSync(writer)
    const { bytes, isPipe } = await readBoundedFile(path, options)
    expect([new TextDecoder().decode(bytes), isPipe]).toEqual(['secret-1', true])
  })

  it('reads no pipe of another process', async () => {
    const { path, writer } = await givenPipe(`/proc/${process.ppid}/fd`)
    closeSync(writer)
    const { problem } = await readBoundedFile(path, options)
    expect(problem).toBeDefined()
    expect(givenDescriptor(path)).toBeUndefined()
  })

  it('reads no pipe without it', async () => {
    const { path, writer } = await givenPipe()
    closeSync(writer)
    expect(await readBoundedFile(path, secret)).toMatchObject({ problem: 'is a pipe, not a regular file' })
  })

  it('stops reading a pipe at the limit', async () => {
    const { path, writer } = await givenPipe()
    onTestFinished(() => closeSync(writer))
    const reading = readBoundedFile(path, { ...options, limit: { maxBytes: 1000, content: 'a test' } })
    writeSync(writer, 'x'.repeat(1001))
    expect(await reading).toMatchObject({ problem: expect.stringContaining('the limit for a test') })
  })

  it('blocks no thread while a pipe has a writer that says nothing', async () => {
    const pipes = await Promise.all(Array.from({ length: 8 }, () => givenPipe()))
    const readings = pipes.map(({ path }) => readBoundedFile(path, options))
    // The pool has 4 threads.
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, 'text')
    expect((await readBoundedFile(path, secret)).bytes?.length).toBe(4)
    for (const { writer } of pipes) closeSync(writer)
    expect((await Promise.all(readings)).map(({ bytes }) => bytes?.length)).toEqual(Array(8).fill(0))
  })
})

describe.runIf(isLinux)('readBoundedFile() with acceptsPipe, when the writer of a pipe says nothing,', () => {
  /** Starts to read, and returns the timers that wait for the writer. */
  async function waitFor(signal?: AbortSignal): Promise<readonly (boolean | undefined)[]> {
    const { path, writer } = await givenPipe()
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation((resume) => {
      if (timers.mock.calls.length > 2) closeSync(writer)
      setImmediate(resume)
      let isRef = true
      return { unref: () => (isRef = false), hasRef: () => isRef } as never
    })
    onTestFinished(() => void vi.restoreAllMocks())
    const { bytes } = await readBoundedFile(path, { ...secret, acceptsPipe: true, signal })
    expect(bytes?.length).toBe(0)
    expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toEqual([20, 20, 20])
    const isKept = timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())
    timers.mockRestore()
    return isKept
  }

  it('looks every 20 ms, and keeps the process alive', async () => {
    expect(await waitFor()).toEqual([true, true, true])
    expect(await waitFor(new AbortController().signal)).toEqual([true, true, true])
  })

  it('keeps the process alive no longer than its flight', async () => {
    const { signal } = new AbortController()
    Object.defineProperty(signal, Symbol.for('@outbound-auth/core.flight'), { value: true })
    expect(await waitFor(signal)).toEqual([false, false, false])
  })
})

describe.runIf(isLinux)('readBoundedFile() with acceptsPipe', () => {
  const options = { ...secret, acceptsPipe: true }

  it.each(['linux', 'darwin'])('reads a pipe on %s, and closes what it has opened', async (value) => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
    onTestFinished(() => void Object.defineProperty(process, 'platform', platform))
    Object.defineProperty(process, 'platform', { ...platform, value })
    const { path, writer } = await givenPipe()
    const reading = readBoundedFile(path, options)
    await new Promise((resolve) => setTimeout(resolve, 50))
    writeSync(writer, 'secret-1')
    await new Promise((resolve) => setTimeout(resolve, 1))
    closeSync(writer)
    expect(new TextDecoder().decode((await reading).bytes)).toBe('secret-1')
    await expect.poll(() => openEnds(path)).toBe(1)
  })
})

it.runIf(isLinux)(
  'a worker thread that has read a pipe on macOS closes no file of other threads',
  async () => {
    const contents = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { readBoundedFile } from ${JSON.stringify(sourceFile)}
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    const limit = { maxBytes: 100, content: 'a test' }
    readBoundedFile(workerData, { limit, acceptsPipe: true }).then(({ bytes }) => parentPort.postMessage(bytes))
    parentPort.once('message', () => process.exit())`
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: '.', loader: 'js' },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      write: false,
    })
    const { path, writer } = await givenPipe()
    writeSync(writer, 'secret')
    closeSync(writer)
    const worker = new Worker(outputFiles[0]?.text ?? '', { eval: true, workerData: path })
    const [bytes] = await once(worker, 'message')
    expect(new TextDecoder().decode(bytes)).toBe('secret')
    await expect.poll(() => openEnds(path)).toBe(1)
    // One of them gets the number that the worker had.
    const files = Array.from({ length: 20 }, () => openSync(sourceFile, 'r'))
    onTestFinished(() => files.forEach(closeSync))
    worker.postMessage('end')
    await once(worker, 'exit')
    for (const file of files) expect(fstatSync(file).isFile()).toBe(true)
  },
)

it.each<[string, number | undefined]>([
  ['/dev/fd/63', 63],
  ['/dev/stdin', 0],
  ['/proc/self/fd/3', 3],
  [`/proc/${process.pid}/fd/3`, 3],
  ['/dev/fd/../fd/3', 3],
  [`/proc/${process.pid}1/fd/3`, undefined],
  ['/dev/fd', undefined],
  ['/dev/fd/x', undefined],
  ['/tmp/dev/fd/3', undefined],
  ['/dev/fd/3/x', undefined],
  ['dev/fd/3', undefined],
])('givenDescriptor() of %s is %s', (path, descriptor) => {
  expect(givenDescriptor(path)).toBe(descriptor)
})
