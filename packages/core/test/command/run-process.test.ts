import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type CommandOptions, runCommand } from '../../src/command/index.js'

vi.mock('node:child_process', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:child_process')>()
  return { ...original, spawn: vi.fn(original.spawn) }
})
afterEach(() => {
  vi.useRealTimers()
  vi.mocked(spawn).mockReset()
  vi.restoreAllMocks()
})

/** A signal of a cache that keeps the process alive itself. */
function flightSignal(): AbortSignal {
  const { signal } = new AbortController()
  return Object.defineProperty(signal, Symbol.for('@outbound-auth/core.flight'), { value: true })
}

const script = (text: string) => [process.execPath, '-e', text]

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'command-limits-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('runCommand()', () => {
  it('gives a command 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcome = vi.fn()
    const ended = runCommand({ command: script('setInterval(() => {}, 1000)') }).catch(outcome)
    // expect.poll() would advance the clock.
    while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(4999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await ended
    const message = expect.stringContaining('5000 ms')
    const expected = { code: 'ERR_AUTH_COMMAND_TIMEOUT', message }
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining(expected))
  })

  it('ends a command that ignores SIGTERM', async () => {
    const file = join(scratchFolder(), 'pid')
    const text = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)
      require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid))`
    const abort = new AbortController()
    const running = runCommand({ command: script(text), timeoutMs: 60_000 }, abort.signal)
    const pid = () => {
      try {
        return Number(readFileSync(file, 'utf8'))
      } catch {
        return 0
      }
    }
    await expect.poll(pid).toBeGreaterThan(0)
    abort.abort('enough')
    await expect(running).rejects.toBe('enough')
    await expect.poll(() => isAlive(pid())).toBe(false)
  })

  it('listens at most eight times for the end of this process', async () => {
    const before = process.listenerCount('exit')
    const abort = new AbortController()
    const command = script('setInterval(() => {}, 1000)')
    const running = Array.from({ length: 10 }, () => runCommand({ command, timeoutMs: 60_000 }, abort.signal))
    const started = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
    await expect.poll(started).toBe(10)
    expect(process.listenerCount('exit')).toBe(Math.max(8, before))
    abort.abort('enough')
    expect((await Promise.allSettled(running)).map(({ status }) => status)).toEqual(
      Array(10).fill('rejected'),
    )
    expect(process.listenerCount('exit')).toBe(before)
  })

  it.each([
    ['as long as the command runs', undefined, { ProcessWrap: 1, PipeWrap: 2 }, true],
    ['no longer than its flight', flightSignal(), { ProcessWrap: 0, PipeWrap: 0 }, false],
  ])('keeps this process alive %s', async (_, signal, expected, hasRef) => {
    const count = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length
    const before = { ProcessWrap: count('ProcessWrap'), PipeWrap: count('PipeWrap') }
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const running = runCommand({ command: script('setInterval(() => {}, 1000)'), timeoutMs: 61_234 }, signal)
    const limit = () => timers.mock.calls.findIndex(([, delayMs]) => delayMs === 61_234)
    while (limit() < 0) await new Promise(setImmediate)
    const { value: timer } = timers.mock.results[limit()] ?? {}
    const [child] = vi.mocked(spawn).mock.results.map(({ value }) => value as ChildProcess)
    expect({
      ProcessWrap: count('ProcessWrap') - before.ProcessWrap,
      PipeWrap: count('PipeWrap') - before.PipeWrap,
    }).toEqual(expected)
    expect((timer as NodeJS.Timeout).hasRef()).toBe(hasRef)
    child?.kill('SIGKILL')
    await expect(running).rejects.toThrow('The credential command node was ended by SIGKILL')
  })

  it('ends the command when this process ends', async () => {
    const before = process.listeners('exit')
    const running = runCommand({ command: script('setInterval(() => {}, 1000)'), timeoutMs: 60_000 })
    const failure = running.catch((error) => error)
    await expect.poll(() => process.listenerCount('exit')).toBe(before.length + 1)
    const [listener] = process.listeners('exit').filter((each) => !before.includes(each))
    listener?.(0)
    expect(await failure).toMatchObject({ message: 'The credential command node was ended by SIGKILL' })
    expect(process.listeners('exit')).toEqual(before)
  })
})

describe('runCommand() starts', () => {
  const options = { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true }

  it.each<[NodeJS.Platform, CommandOptions, unknown[]]>([
    [
      'linux',
      { command: ['get.cmd', 'a'], cwd: '/folder', env: { A: 'b' } },
      [
        'get.cmd',
        ['a'],
        { cwd: '/folder', env: { A: 'b' }, detached: true, windowsVerbatimArguments: false },
      ],
    ],
    [
      'win32',
      { command: ['get.cmd'] },
      ['shell', ['/d', '/s', '/c', '""get.cmd""'], { detached: false, windowsVerbatimArguments: true }],
    ],
  ])('a command on %s', async (value, command, [file, args, own]) => {
    vi.stubEnv('ComSpec', 'shell')
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
    onTestFinished(() => {
      vi.unstubAllEnvs()
      Object.defineProperty(process, 'platform', platform)
    })
    Object.defineProperty(process, 'platform', { ...platform, value })
    const child = new EventEmitter()
    vi.mocked(spawn).mockImplementationOnce(() => {
      setImmediate(() => child.emit('close', 3, null))
      return child as never
    })
    await expect(runCommand(command)).rejects.toThrow('The credential command get.cmd exited with status 3')
    expect(vi.mocked(spawn).mock.calls).toEqual([[file, args, { ...options, ...(own as object) }]])
  })

  it.each(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY'])(
    'no command on a machine that is too busy: %s',
    async (code) => {
      const cause = Object.assign(new Error('spawn'), { code })
      const failure = {
        kind: 'transient',
        code: 'ERR_AUTH_COMMAND_FAILED',
        message: 'The credential command tool could not be started, because this machine is too busy',
      }
      vi.mocked(spawn).mockImplementationOnce(() => {
        throw cause
      })
      await expect(runCommand({ command: ['tool'] })).rejects.toMatchObject(failure)
      vi.mocked(spawn).mockImplementationOnce(() => {
        // Without file descriptors there are no pipes.
        const child = Object.assign(new EventEmitter(), { stdout: null, stderr: null })
        setImmediate(() => child.emit('error', cause))
        return child as never
      })
      await expect(runCommand({ command: ['tool'] }, flightSignal())).rejects.toMatchObject(failure)
    },
  )

  it.each(['ENOENT', undefined])('no command that there is not: %s', async (code) => {
    vi.mocked(spawn).mockImplementationOnce(() => {
      throw Object.assign(new Error('spawn'), { code })
    })
    await expect(runCommand({ command: ['tool'] })).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_COMMAND_NOT_FOUND',
      message:
        'The credential command tool cannot be started: no such program or working directory, or not executable',
    })
  })
})

describe('runCommand(), step by step,', () => {
  // No system gives away such an id.
  const pid = 9_000_000

  class Output extends EventEmitter {
    readonly destroy = vi.fn()
    write(text: string): void {
      this.emit('data', Buffer.from(text))
    }
  }

  /** A command that does what a test says, and how the run of it has ended so far. */
  async function startFake(options: Partial<CommandOptions> = {}, signal?: AbortSignal) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const [stdout, stderr] = [new Output(), new Output()]
    const child = Object.assign(new EventEmitter(), { pid, exitCode: null, signalCode: null, stdout, stderr })
    vi.mocked(spawn).mockReturnValueOnce(child as never)
    const ended = vi.fn()
    void runCommand({ command: ['tool'], ...options }, signal).then(ended, ended)
    while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    const outcomeAfter = async (ms: number) => {
      vi.advanceTimersByTime(ms)
      await new Promise(setImmediate)
      expect(ended.mock.calls.length).toBeLessThan(2)
      const [outcome] = ended.mock.calls.flat()
      return outcome instanceof Error ? outcome.message : outcome
    }
    return { child, stdout, stderr, kill, outcomeAfter }
  }

  it('is done when its output is closed, and leaves no timer', async () => {
    const { child, stdout, stderr, kill, outcomeAfter } = await startFake()
    stdout.write('to')
    stdout.write('ken ')
    child.emit('exit', 0, null)
    expect(await outcomeAfter(99)).toBeUndefined()
    child.emit('close', 0, null)
    expect(await outcomeAfter(0)).toBe('token')
    expect(vi.getTimerCount()).toBe(0)
    expect(kill).not.toHaveBeenCalled()
    expect(stdout.destroy).toHaveBeenCalled()
    expect(stderr.destroy).toHaveBeenCalled()
    stdout.write('late')
    child.emit('error', new Error('late'))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is done when nothing has come for 100 ms after its end', async () => {
    const { child, stdout, kill, outcomeAfter } = await startFake()
    stdout.write('first')
    expect(await outcomeAfter(4000)).toBeUndefined()
    child.emit('exit', 0, null)
    expect(await outcomeAfter(99)).toBeUndefined()
    stdout.write('second')
    expect(await outcomeAfter(99)).toBeUndefined()
    expect(await outcomeAfter(1)).toBe('firstsecond')
    expect(vi.getTimerCount()).toBe(0)
    expect(kill).not.toHaveBeenCalled()
    child.emit('close', 0, null)
    expect(await outcomeAfter(0)).toBe('firstsecond')
    expect(stdout.destroy).toHaveBeenCalledOnce()
  })

  it('is not killed when an error comes after its end', async () => {
    const { child, stdout, kill, outcomeAfter } = await startFake()
    stdout.write('token')
    child.emit('exit', 0, null)
    expect(await outcomeAfter(100)).toBe('token')
    child.emit('error', new Error('late'))
    expect(await outcomeAfter(0)).toBe('token')
    expect(kill).not.toHaveBeenCalled()
  })

  it('takes what comes in the same turn as the end of the 100 ms', async () => {
    const { child, stdout, outcomeAfter } = await startFake()
    stdout.write('first')
    child.emit('exit', 0, null)
    vi.advanceTimersByTime(100)
    stdout.write('second')
    expect(await outcomeAfter(99)).toBeUndefined()
    expect(await outcomeAfter(1)).toBe('firstsecond')
  })

  it('waits for output after an end with status 0 and only blanks', async () => {
    const { child, stdout, outcomeAfter } = await startFake()
    stdout.write(' ')
    child.emit('exit', 0, null)
    expect(await outcomeAfter(4000)).toBeUndefined()
    stdout.write('late')
    expect(await outcomeAfter(100)).toBe('late')
  })

  it.each([
    [3, null, 'exited with status 3: failed'],
    [null, 'SIGSEGV', 'was ended by SIGSEGV: failed'],
  ])('fails 100 ms after an end with %s, %s, also without output', async (status, killedBy, how) => {
    const { child, stdout, stderr, kill, outcomeAfter } = await startFake()
    stderr.write('failed')
    child.emit('exit', status, killedBy)
    expect(await outcomeAfter(99)).toBeUndefined()
    expect(await outcomeAfter(1)).toBe(`The credential command tool ${how}`)
    // Another process may hold its output, and is of its group.
    expect(kill).toHaveBeenCalledWith(-pid, 'SIGKILL')
    expect(stdout.destroy).toHaveBeenCalled()
  })

  it('kills nothing when all is closed: the id may be that of another process', async () => {
    const { child, stderr, kill, outcomeAfter } = await startFake()
    child.emit('close', 3, null)
    expect(await outcomeAfter(0)).toBe('The credential command tool exited with status 3')
    expect(kill).not.toHaveBeenCalled()
    expect(stderr.destroy).toHaveBeenCalled()
  })

  it.each([
    ['a', '… not found'],
    ['ab', '…'],
  ])('keeps 8 KiB of standard error, and the piece that goes beyond: %j', async (end, said) => {
    const { child, stderr, outcomeAfter } = await startFake()
    // Each of these characters has three bytes.
    stderr.write(`${'日'.repeat(2730)}${end}`)
    stderr.write(' not found')
    stderr.write(' at all')
    child.emit('close', 1, null)
    expect(await outcomeAfter(0)).toBe(`The credential command tool exited with status 1: ${said}`)
  })

  it('hides its arguments and variables in standard error, and not its name', async () => {
    const env = { A: 'walrus', B: undefined }
    const { child, stderr, outcomeAfter } = await startFake({ command: ['tool', 'hunter'], env })
    stderr.write('tool found hunter and walrus')
    child.emit('close', 1, null)
    expect(await outcomeAfter(0)).toBe('The credential command tool exited with status 1: tool found … and …')
  })

  it('fails at once when it has written more than 64 KiB', async () => {
    const { stdout, kill, outcomeAfter } = await startFake()
    stdout.write('a'.repeat(65_536))
    expect(await outcomeAfter(0)).toBeUndefined()
    stdout.write('a')
    expect(await outcomeAfter(0)).toBe('The credential command tool wrote more than 65536 bytes')
    expect(kill).toHaveBeenCalledWith(-pid, 'SIGKILL')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends when its caller aborts, and fails no second time', async () => {
    const caller = new AbortController()
    const { child, kill, outcomeAfter } = await startFake({ timeoutMs: 50 }, caller.signal)
    caller.abort('enough')
    expect(await outcomeAfter(0)).toBe('enough')
    expect(kill).toHaveBeenCalledWith(-pid, 'SIGKILL')
    kill.mockClear()
    child.emit('exit', null, 'SIGKILL')
    child.emit('close', null, 'SIGKILL')
    expect(await outcomeAfter(1000)).toBe('enough')
    expect(kill).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
