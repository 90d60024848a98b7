import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { killTree, outputsOf, spawnable } from '../../src/command/process-tree.js'

interface FakeProcess {
  readonly parent: number
  readonly session: number
  readonly group?: number
  readonly state?: string
  readonly name?: string
  /** Where its standard output and standard error lead; those of other users cannot be read. */
  readonly outputs?: readonly string[]
  readonly isUnreadable?: boolean
}

// No system gives away ids above 2^22.
const [leader, first, second, third, stranger] = [9_000_000, 9_000_001, 9_000_002, 9_000_003, 9_000_009]
const pipe = 'pipe:[71]'
const socket = 'socket:[72]'

const system = vi.hoisted(() => ({
  isFake: false,
  processes: new Map<number, FakeProcess>(),
  reads: [] as string[],
  hasProc: true,
}))
vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>()
  const absent = () => Object.assign(new Error('absent'), { code: 'ENOENT' })
  const processOf = (path: string) => {
    const id = Number(path.split('/')[2])
    system.reads.push(path)
    const found = system.processes.get(id)
    if (!found) throw absent()
    return { id, ...found }
  }
  const fakes: Record<string, (path: string) => unknown> = {
    readdirSync(path) {
      if (!system.hasProc || path !== '/proc') throw absent()
      return ['self', '71x', 'x71', ...Array.from(system.processes.keys(), String)]
    },
    readFileSync(path) {
      const { id, name = 'tool', state = 'S', parent, group = id, session, isUnreadable } = processOf(path)
      if (isUnreadable) throw absent()
      return `${id} (${name}) ${state} ${parent} ${group} ${session} 0 -1 4194304\n`
    },
    readlinkSync(path) {
      const { outputs } = processOf(path)
      if (!outputs) throw absent()
      return outputs[Number(path.split('/')[4]) - 1]
    },
  }
  const mocks = Object.entries(fakes).map(([name, fake]) => {
    const real = original[name as 'readlinkSync'] as (...parameters: readonly unknown[]) => unknown
    return [
      name,
      (path: string, ...rest: readonly unknown[]) => (system.isFake ? fake(path) : real(path, ...rest)),
    ]
  })
  return { ...original, ...Object.fromEntries(mocks) }
})
vi.mock('node:child_process', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:child_process')>()
  return { ...original, spawn: vi.fn(original.spawn), spawnSync: vi.fn(original.spawnSync) }
})

/** The ids that were killed, in order; negative for a group. */
let killed: number[]
let onKill: (pid: number) => void
function useFakeSystem(): void {
  beforeEach(() => {
    killed = []
    onKill = () => {}
    Object.assign(system, { isFake: true, hasProc: true, reads: [] })
    system.processes = new Map([
      [process.pid, { parent: 1, session: 1, outputs: [pipe, socket] }],
      [leader, { parent: process.pid, session: leader, group: leader, outputs: [pipe, socket] }],
      [stranger, { parent: 1, session: stranger, outputs: ['pipe:[99]', '/dev/null'] }],
    ])
    vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
      expect(signal).toBe('SIGKILL')
      killed.push(pid)
      for (const [id, { group = id }] of system.processes)
        if (id === pid || group === -pid) system.processes.delete(id)
      onKill(pid)
      return true
    })
  })
  afterEach(() => {
    system.isFake = false
    vi.mocked(spawn).mockReset()
    vi.mocked(spawnSync).mockReset()
    vi.restoreAllMocks()
  })
}

function childOf(properties: object = {}): ChildProcess {
  return { pid: leader, exitCode: null, signalCode: null, stdout: null, stderr: null, ...properties } as never
}

function idsRead(): number[] {
  const ids = system.reads.map((path) => Number(path.split('/')[2]))
  return [...new Set(ids)].sort((a, b) => a - b)
}

const own: FakeProcess = { parent: 1, session: 9_000_008, outputs: ['/dev/null', '/dev/null'] }

describe('spawnable()', () => {
  it.each<[string[], NodeJS.Platform]>([
    [['tool', 'a b', '$(x)'], 'linux'],
    [['tool.cmd', 'a'], 'linux'],
    [['tool.exe', 'a&b', '"'], 'win32'],
    [['tool'], 'win32'],
    [['cmd.exe', '/c', 'tool.cmd a'], 'win32'],
    [['tool.cmd.exe', 'a'], 'win32'],
    [['toolcmd', 'a'], 'win32'],
    [[], 'linux'],
  ])('starts %j on %s as it is', (command, platform) => {
    const [file = '', ...args] = command
    expect(spawnable(command, platform)).toEqual({ file, args, verbatim: false })
  })

  it.each([
    ['C:\\Windows\\cmd.exe', 'C:\\Windows\\cmd.exe'],
    [undefined, 'cmd.exe'],
  ])('starts a Windows batch file without arguments through ComSpec, quoted: %j', (comSpec, file) => {
    vi.stubEnv('ComSpec', comSpec)
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const name of ['C:\\My Tools\\get.cmd', 'get.BAT', 'get.cmd. .']) {
      const args = ['/d', '/s', '/c', `""${name}""`]
      expect(spawnable([name], 'win32')).toEqual({ file, args, verbatim: true })
    }
  })

  it.each([
    [['get.cmd', 'x']],
    [['get.bat', '']],
    [['GET.CMD', '"&calc']],
    [['get.cmd ', 'x']],
    [['get.cmd.', 'x']],
    [['a&calc.cmd']],
    [['%PATH%.bat']],
    [['a".cmd']],
    [['a^.cmd']],
  ])('refuses the Windows batch file %j', (command) => {
    expect(() => spawnable(command, 'win32')).toThrow(
      expect.objectContaining({
        kind: 'build',
        code: 'ERR_AUTH_COMMAND_NOT_FOUND',
        message:
          'A Windows batch file cannot be a credential command with arguments; name the program itself, or a batch file without arguments',
      }),
    )
  })
})

describe('killTree()', () => {
  it('does nothing when the child was not started, or has ended', async () => {
    const missing = spawn('no-such-program-anywhere', { detached: true })
    await once(missing, 'error')
    killTree(missing)
    const ended = spawn(process.execPath, ['-e', ''], { detached: true, stdio: 'ignore' })
    await once(ended, 'exit')
    killTree(ended)
  })

  it.skipIf(process.platform === 'win32')(
    'kills at least the child on a Windows without taskkill',
    async () => {
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], {
        detached: true,
        stdio: 'ignore',
      })
      await once(child, 'spawn')
      killTree(child, 'win32')
      expect((await once(child, 'exit'))[1]).toBe('SIGTERM')
    },
  )

  it.skipIf(process.platform === 'win32')(
    'asks taskkill of Windows for the whole tree, by force',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'process-tree-'))
      const seen = join(folder, 'arguments')
      writeFileSync(
        join(folder, 'taskkill'),
        `#!/bin/sh\necho "$@" > '${seen}.new' && mv '${seen}.new' '${seen}'\n`,
      )
      chmodSync(join(folder, 'taskkill'), 0o755)
      vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`)
      onTestFinished(() => {
        vi.unstubAllEnvs()
        rmSync(folder, { recursive: true, force: true })
      })
      killTree({ pid: 4711, kill() {} } as never, 'win32')
      await expect.poll(() => existsSync(seen)).toBe(true)
      expect(readFileSync(seen, 'utf8')).toBe('/pid 4711 /t /f\n')
    },
  )
})

describe('killTree() on Linux', () => {
  useFakeSystem()

  it.each<[string, FakeProcess]>([
    ['the child of the command', { ...own, parent: leader }],
    ['the session of the command', { ...own, session: leader }],
    ['those with its standard output', { ...own, outputs: [pipe, '/dev/null'] }],
    ['those with its standard error', { ...own, outputs: ['/dev/null', socket] }],
    ['those whose outputs cannot be read', { ...own, parent: leader, outputs: undefined as never }],
    ['those with a name that looks like a status', { ...own, parent: leader, name: 'a) Z 1 (b' }],
  ])('finds %s', (_, found) => {
    system.processes.set(first, found)
    killTree(childOf(), 'linux', [pipe, socket])
    expect(killed).toEqual([-leader, first])
  })

  it.each<[string, FakeProcess]>([
    ['that has nothing to do with it', own],
    ['whose outputs cannot be read', { ...own, outputs: undefined as never }],
    ['whose name looks like the status of a child', { ...own, name: `a) S ${leader} ${leader} ${leader}` }],
    ['whose status cannot be read', { ...own, parent: leader, isUnreadable: true }],
    ['that has ended', { ...own, parent: leader, state: 'Z' }],
    ['that is about to be gone', { ...own, parent: leader, state: 'X' }],
    ['of its group, which has been killed', { ...own, session: leader, group: leader, state: 'Z' }],
  ])('leaves a process alone %s', (_, other) => {
    system.processes.set(first, other)
    killTree(childOf(), 'linux', [pipe, socket])
    expect(killed).toEqual([-leader])
    expect(idsRead()).toEqual([process.pid, leader, first, stranger])
  })

  it('looks at no outputs when those of the child are unknown', () => {
    system.processes.set(first, { ...own, outputs: [pipe, socket] })
    killTree(childOf(), 'linux')
    expect(killed).toEqual([-leader])
    expect(system.reads.filter((path) => path.includes('/fd/'))).toEqual([])
  })

  it('finds what the descendants have started, in any order', () => {
    system.processes.set(third, { ...own, session: second })
    system.processes.set(second, { ...own, parent: first })
    system.processes.set(first, { ...own, parent: leader, session: first })
    killTree(childOf(), 'linux')
    expect(killed).toEqual([-leader, first, second, third])
  })

  it.each<[string, (killed: number) => FakeProcess]>([
    ['is its child', (parent) => ({ ...own, parent, session: stranger })],
    ['is in its session', (session) => ({ ...own, session })],
  ])('looks three times for a process that a killed one has started meanwhile, which %s', (_, started) => {
    system.processes.set(first, { ...own, parent: leader, session: first })
    onKill = (pid) => {
      if (pid > 0) system.processes.set(pid + 1, started(pid))
    }
    killTree(childOf(), 'linux')
    expect(killed).toEqual([-leader, first, -leader, second, -leader, third])
  })

  it.each([{ exitCode: 0 }, { signalCode: 'SIGTERM' }])(
    'does not take the children of another process for those of a child with %o, whose id is free',
    (ended) => {
      system.processes.set(leader, { parent: 1, session: stranger, group: stranger })
      system.processes.set(first, { ...own, parent: leader })
      system.processes.set(second, { ...own, session: leader })
      killTree(childOf(ended), 'linux')
      expect(killed).toEqual([-leader, second])
    },
  )

  it('kills the group when there is no /proc', () => {
    system.hasProc = false
    killTree(childOf(), 'linux', [pipe])
    expect(killed).toEqual([-leader])
  })

  it('kills nothing for a child that was not started', () => {
    killTree(childOf({ pid: undefined }), 'linux')
    expect(killed).toEqual([])
  })
})

describe('killTree() on macOS', () => {
  useFakeSystem()

  /** The lines of `ps`, with their blanks. */
  function listProcesses(...lines: string[]): void {
    system.hasProc = false
    vi.mocked(spawnSync).mockReturnValueOnce({ stdout: lines.join('\n') } as never)
  }

  it('finds the descendants by their parents', () => {
    listProcesses(
      '      0       0',
      '    1     0',
      `${second}   ${first}`,
      ` ${first} ${leader}`,
      `  ${third}`,
      `${stranger} 1`,
      '',
    )
    vi.mocked(spawnSync).mockReturnValue({ stdout: '' } as never)
    killTree(childOf(), 'darwin', [pipe])
    expect(killed).toEqual([-leader, first, second])
    // A line without a parent, and process 0, are no processes.
    expect(idsRead()).toEqual([1, second, stranger])
    const stdio = ['ignore', 'pipe', 'ignore']
    expect(vi.mocked(spawnSync).mock.calls).toEqual([
      ['ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8', timeout: 2000, stdio }],
      ['ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8', timeout: 2000, stdio }],
    ])
  })

  it('kills the group when ps cannot be run', () => {
    vi.mocked(spawnSync).mockReturnValue({ stdout: null } as never)
    killTree(childOf(), 'darwin')
    expect(killed).toEqual([-leader])
  })
})

describe('killTree() on Windows', () => {
  useFakeSystem()

  it('asks taskkill for the whole tree, and kills the child itself when it cannot be run', () => {
    const taskkill = new EventEmitter()
    vi.mocked(spawn).mockReturnValue(taskkill as never)
    const kill = vi.fn()
    killTree(childOf({ kill }), 'win32')
    expect(vi.mocked(spawn).mock.calls).toEqual([
      ['taskkill', ['/pid', String(leader), '/t', '/f'], { stdio: 'ignore' }],
    ])
    expect(kill).not.toHaveBeenCalled()
    taskkill.emit('error', new Error('ENOENT'))
    expect(kill).toHaveBeenCalledOnce()
    expect(killed).toEqual([])
  })
})

describe('outputsOf()', () => {
  useFakeSystem()

  function setPlatform(value: NodeJS.Platform): void {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
    Object.defineProperty(process, 'platform', { ...platform, value })
    onTestFinished(() => void Object.defineProperty(process, 'platform', platform))
  }

  it.each<[string, readonly string[] | undefined, readonly string[]]>([
    ['pipes and sockets', [pipe, socket], [pipe, socket]],
    ['a pipe beside a file', ['/tmp/log', pipe], [pipe]],
    ['a file with the name of a pipe', [`/tmp/${pipe}`, `/tmp/${socket}`], []],
    ['what cannot be read', undefined, []],
  ])('names on Linux the shared ones among %s', (_, outputs, shared) => {
    setPlatform('linux')
    system.processes.set(leader, { ...own, outputs: outputs as never })
    expect(outputsOf(childOf())).toEqual(shared)
  })

  it('is empty on other systems, and for a child that was not started', () => {
    setPlatform('darwin')
    expect(outputsOf(childOf())).toEqual([])
    setPlatform('linux')
    expect(outputsOf(childOf({ pid: undefined }))).toEqual([])
    expect(system.reads).toEqual([])
  })
})
