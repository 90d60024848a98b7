import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { describeHolder, isGone, type LockHolder, parseHolder } from '../../src/lock/lock-holder.js'

const isLinux = process.platform === 'linux'

const system = vi.hoisted(() => ({ stat: '', failure: '', hasProc: true }))
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  const readFile = async (...parameters: Parameters<typeof original.readFile>) => {
    if (!system.hasProc) throw Object.assign(new Error('absent'), { code: 'ENOENT' })
    if (parameters[0] !== '/proc/4711/stat') return original.readFile(...parameters)
    if (system.failure) throw Object.assign(new Error('absent'), { code: system.failure })
    return system.stat
  }
  const readlink = (path: string) =>
    system.hasProc ? original.readlink(path) : Promise.reject(Object.assign(new Error(), { code: 'ENOENT' }))
  return { ...original, readFile, readlink }
})
afterEach(() => {
  Object.assign(system, { stat: '', failure: '', hasProc: true })
  vi.restoreAllMocks()
})

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('isGone()', () => {
  it('is false for a process that runs', async () => {
    const self = await describeHolder()
    expect(await isGone(self, self)).toBe(false)
  })

  it('is true for a process that has ended', async () => {
    const self = await describeHolder()
    expect(await isGone({ ...self, pid: await deadPid() }, self)).toBe(true)
  })

  it.runIf(isLinux)('is true when the process id was given away again', async () => {
    const self = await describeHolder()
    expect(await isGone({ ...self, start: '1' }, self)).toBe(true)
  })

  it.runIf(isLinux)('is true for a process that was killed and whose parent has not taken note', async () => {
    // `sleep`, which takes the place of the shell, never waits for the shell's child.
    const parent = spawn('/bin/sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { detached: true })
    onTestFinished(() => void process.kill(-(parent.pid ?? 0), 'SIGKILL'))
    const [output] = await once(parent.stdout, 'data')
    const nameOfParent = () => readFile(`/proc/${parent.pid}/comm`, 'utf8')
    await expect.poll(nameOfParent).toBe('sleep\n')
    const self = await describeHolder()
    const pid = Number(output)
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const start = stat.split(') ')[1]?.split(' ')[19]
    expect(await isGone({ ...self, pid, start }, self)).toBe(false)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => isGone({ ...self, pid, start }, self)).toBe(true)
  })

  it('is false for what this process cannot know: another machine, boot or container', async () => {
    const self = await describeHolder()
    expect(await isGone({ ...self, pid: await deadPid(), machine: 'elsewhere' }, self)).toBe(false)
  })

  it('asks the system for the process where none tells when it started', async () => {
    const { start: _, ...self } = await describeHolder()
    expect(await isGone(self, self)).toBe(false)
    expect(await isGone({ ...self, pid: await deadPid() }, self)).toBe(true)
  })
})

describe('parseHolder()', () => {
  const holder: LockHolder = { pid: 1, start: '2', machine: 'm', nonce: 'n' }

  it('reads what was written', () => {
    expect(parseHolder(JSON.stringify(holder))).toEqual(holder)
  })

  it('gives undefined for half a file and for anything else', () => {
    for (const text of ['', '{"pid":1,"mach', 'null', '{"pid":0,"machine":"m"}', '{"pid":1}', '[]'])
      expect(parseHolder(text)).toBeUndefined()
    for (const pid of [-1, 1.5, '1', null, 2 ** 53, true])
      expect(parseHolder(JSON.stringify({ ...holder, pid }))).toBeUndefined()
    for (const machine of [undefined, null, 1])
      expect(parseHolder(JSON.stringify({ ...holder, machine }))).toBeUndefined()
  })

  it('reads a holder on a system that tells nothing of starts, and drops what it does not know', () => {
    const { start: _, ...plain } = holder
    expect(parseHolder(JSON.stringify({ ...plain, more: 1 }))).toEqual(plain)
  })
})

it.each([
  ['S', false],
  ['R', false],
  ['Z', true],
  ['X', true],
])('isGone() of a process in the state %s of Linux is %s', async (state, expected) => {
  // The name of the program has a space and a parenthesis.
  system.stat = `4711 (my app) 2) ${state} ${Array(18).fill('0').join(' ')} 42 0 0\n`
  const self = { pid: process.pid, start: '1', machine: 'this one', nonce: 'n' }
  expect(await isGone({ ...self, pid: 4711, start: '42' }, self)).toBe(expected)
})

it.each(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EINVAL', 'ESRCH'])(
  'isGone() asks the system for a process of which /proc says %s',
  async (code) => {
    system.failure = code
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const self = { pid: process.pid, start: '1', machine: 'this one', nonce: 'n' }
    expect(await isGone({ ...self, pid: 4711, start: '42' }, self)).toBe(false)
    expect(kill.mock.calls).toEqual([[4711, 0]])
    kill.mockImplementation(() => {
      throw Object.assign(new Error('gone'), { code: 'ESRCH' })
    })
    expect(await isGone({ ...self, pid: 4711, start: '42' }, self)).toBe(true)
  },
)

it('isGone() rejects when /proc fails in another way', async () => {
  system.failure = 'EIO'
  const self = { pid: process.pid, start: '1', machine: 'this one', nonce: 'n' }
  await expect(isGone({ ...self, pid: 4711, start: '42' }, self)).rejects.toMatchObject({ code: 'EIO' })
})

it.each([
  ['an empty status', ''],
  ['a status without a start', `4711 (app) S ${Array(17).fill('0').join(' ')}`],
])('isGone() asks the system for a process of which /proc has %s', async (_, stat) => {
  system.stat = stat
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  const self = { pid: process.pid, start: '1', machine: 'this one', nonce: 'n' }
  expect(await isGone({ ...self, pid: 4711, start: '42' }, self)).toBe(false)
  expect(kill).toHaveBeenCalledOnce()
})

it.runIf(isLinux)('describeHolder() names the host, its boot and the namespace of process ids', async () => {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const machine = `${hostname()} ${boot} ${await readlink('/proc/self/ns/pid')}`
  expect(await describeHolder()).toMatchObject({
    pid: process.pid,
    machine,
    start: expect.stringMatching(/^\d+$/),
  })
})

it('describeHolder() names only the host on a system without /proc', async () => {
  system.hasProc = false
  const { nonce: _, ...holder } = await describeHolder()
  expect(holder).toEqual({ pid: process.pid, start: undefined, machine: `${hostname()}  ` })
})

it('describeHolder() makes a nonce of 12 bytes for each store', async () => {
  const [first, second] = await Promise.all([describeHolder(), describeHolder()])
  expect(first.nonce).toMatch(/^[0-9a-f]{24}$/)
  expect(first.nonce).not.toBe(second.nonce)
  expect({ ...first, nonce: '' }).toEqual({ ...second, nonce: '' })
})

it('isGone() of a process that ends while it is looked at is true', async () => {
  system.failure = 'ESRCH'
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('gone'), { code: 'ESRCH' })
  })
  const self = { pid: process.pid, start: '1', machine: 'this one', nonce: 'n' }
  expect(await isGone({ ...self, pid: 4711, start: '42' }, self)).toBe(true)
})

it('isGone() of a process of another user that /proc hides is false', async () => {
  system.failure = 'ENOENT'
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('not yours'), { code: 'EPERM' })
  })
  const self = { pid: process.pid, start: '1', machine: 'this one', nonce: 'n' }
  expect(await isGone({ ...self, pid: 4711, start: '42' }, self)).toBe(false)
})
