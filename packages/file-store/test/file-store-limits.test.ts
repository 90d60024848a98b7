import { readlinkSync } from 'node:fs'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fileStore } from '../src/index.js'
import { faultyFileSystem, systemError } from './faulty-file-system.js'
import { temporaryFolder } from './temporary-folder.js'

describe('fileStore()', () => {
  it.each(['lockTimeoutMs', 'holderTimeoutMs'])('takes a %s of 1 ms to 2 ** 31 - 1 ms', (name) => {
    const create = (value: number) => () => fileStore({ path: 'x.json', [name]: value })
    for (const value of [1, 2 ** 31 - 1]) expect(create(value)).not.toThrow()
    for (const value of [0, 2 ** 31, Number.NaN]) expect(create(value)).toThrow(TypeError)
  })

  it('calls parse only for a document that is there', async () => {
    const path = join(await temporaryFolder(), 'tokens.json')
    const parse = vi.fn((json: unknown) => {
      if (typeof (json as { a?: unknown }).a !== 'number') throw new TypeError('a must be a number')
      return json as { a: number }
    })
    const store = fileStore({ path, parse })
    expect(await store.read()).toBeUndefined()
    await store.update((current) => ({ a: (current?.a ?? 0) + 1 }))
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ a: 1 })
    expect(await store.read()).toEqual({ a: 1 })
  })

  it.skipIf(process.platform === 'win32')(
    'changes no mode of a file that only its owner reads, and warns of none',
    async () => {
      const path = join(await temporaryFolder(), 'tokens.json')
      await writeFile(path, '{"a":1}')
      await chmod(path, 0o600)
      const observer = vi.fn()
      const store = fileStore<{ a: number }>({ path, observer })
      const before = await stat(path)
      expect(await store.read()).toEqual({ a: 1 })
      expect((await stat(path)).ctimeMs).toBe(before.ctimeMs)
      expect(observer).not.toHaveBeenCalled()
    },
  )

  it.skipIf(process.platform === 'win32')(
    'warns of a mode again when it has been right in between, and closes the file that it corrects',
    async () => {
      const path = join(await temporaryFolder(), 'tokens.json')
      await writeFile(path, '{"a":1}')
      const observer = vi.fn()
      let open = 0
      const fs = faultyFileSystem((call) => {
        if (call.startsWith('open ')) open++
        if (call === 'handle.close') open--
      })
      const store = fileStore<{ a: number }>({ path, observer, fs })
      const counts = []
      for (const mode of [0o644, 0o600, 0o644, 0o640]) {
        await chmod(path, mode)
        expect(await store.read()).toEqual({ a: 1 })
        counts.push(observer.mock.calls.length)
      }
      expect(counts).toEqual([1, 1, 2, 3])
      await store.update(() => undefined)
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect(open).toBe(0)
    },
  )

  it('says nothing of modes on Windows, where they mean nothing', async () => {
    const path = join(await temporaryFolder(), 'tokens.json')
    await writeFile(path, '{"a":1}')
    await chmod(path, 0o644)
    const observer = vi.fn()
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
    onTestFinished(() => void Object.defineProperty(process, 'platform', platform))
    const store = fileStore<{ a: number }>({ path, observer })
    await store.read()
    await store.update(() => undefined)
    expect(observer).not.toHaveBeenCalled()
  })

  it.skipIf(process.platform !== 'linux')(
    'writes into its lock what tells this process from any other',
    async () => {
      const path = join(await temporaryFolder(), 'tokens.json')
      const store = fileStore<{ a: number }>({ path })
      let held = ''
      await store.update(async () => {
        const folder = `${path}.locks`
        for (const name of await readdir(folder))
          held += await readFile(join(folder, name), 'utf8').catch(() => '')
        return { a: 1 }
      })
      const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
      const status = await readFile('/proc/self/stat', 'utf8')
      const start = status.slice(status.lastIndexOf(')') + 2).split(' ')[19]
      for (const part of [
        hostname(),
        bootId,
        readlinkSync('/proc/self/ns/pid'),
        `"pid":${process.pid}`,
        `"start":"${start}"`,
      ])
        expect(held).toContain(part)
    },
  )
})

it('update() of fileStore() frees the space for a copy before it writes, and after a change that fails', async () => {
  const path = join(await temporaryFolder(), 'tokens.json')
  await writeFile(path, '{"a":1}', { mode: 0o600 })
  const calls: string[] = []
  const fs = faultyFileSystem((call, from, to) => {
    if (/room$|tmp$/.test(from)) calls.push(`${call} ${from.slice(-4)}`)
    if (call === 'rename' && to === path) throw systemError('EBUSY', call)
  })
  const store = fileStore({ path, fs })
  await store.update(() => ({ a: 2 }))
  calls.length = 0
  await store.update(() => ({ a: 3 }))
  const isFreed = calls.indexOf('unlink room')
  expect(isFreed).toBeGreaterThan(calls.indexOf('open w room'))
  expect(isFreed).toBeLessThan(calls.indexOf('open wx .tmp'))
  calls.length = 0
  await expect(store.update(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(calls.at(-1)).toBe('unlink room')
})
