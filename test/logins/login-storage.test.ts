import { writeFileSync } from 'node:fs'
import * as nodeFs from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { StoredToken } from '../../packages/bearer/src/index.js'
import { AuthError, type DocumentStore } from '../../packages/core/src/index.js'
import { createLogin, newTokens, outcomeOf } from './login-lab.js'

const systemError = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' })

/** Node's file system, on which a write fails while the disk is full. */
function fullDisk() {
  const disk = { isFull: false }
  const open: typeof nodeFs.open = async (path, flags, mode) => {
    if (disk.isFull && String(flags).startsWith('w')) throw systemError('ENOSPC')
    return nodeFs.open(path, flags, mode)
  }
  return Object.assign(disk, { fs: { ...nodeFs, open } })
}

describe('a login, when', () => {
  it('disk-full-before-request: the disk is full, is not touched: nothing is sent', async () => {
    const lab = await createLogin()
    const disk = fullDisk()
    disk.isFull = true
    expect(await outcomeOf(lab.start({ store: { fs: disk.fs } }))).toMatch(/^transient ERR_AUTH_STORE_/)
    expect(lab.shown).toEqual([])
    expect(await outcomeOf(lab.start())).toBe('access-1')
  })

  it('disk-full-after-request: the disk fills up meanwhile, is served from memory and stored later', async () => {
    const lab = await createLogin()
    const disk = fullDisk()
    lab.answer = (response, rotate) => {
      disk.isFull = true
      newTokens(response, rotate)
    }
    const source = lab.start({ store: { fs: disk.fs } })
    for (let call = 0; call < 3; call++) expect(await outcomeOf(source)).toBe('access-1')
    expect(lab.events[0]).toMatchObject({ type: 'warned' })
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'refresh-0' })
    disk.isFull = false
    // No request asks: the source tries by itself.
    await expect
      .poll(async () => (await lab.store.read())?.refreshToken, { timeout: 10_000 })
      .toBe('refresh-1')
    expect(await outcomeOf(lab.start())).toBe('access-1')
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('disk-full-then-outage: the disk has room again but the server is down, is stored at once', async () => {
    const lab = await createLogin()
    const disk = fullDisk()
    lab.answer = (response, rotate) => {
      disk.isFull = true
      newTokens(response, rotate)
    }
    const source = lab.start({ store: { fs: disk.fs } })
    expect(await outcomeOf(source)).toBe('access-1')
    disk.isFull = false
    lab.answer = (response) => void response.writeHead(503).end()
    const outcome = await outcomeOf(source, { rejected: 'access-1' })
    expect(outcome).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'refresh-1' })
    expect(lab.current()).toBe('refresh-1')
  })

  it('read-only: the file system is read-only, is not touched: nothing is sent', async () => {
    const lab = await createLogin()
    const fail = async () => Promise.reject(systemError('EROFS'))
    const open: typeof nodeFs.open = async (path, flags, mode) => {
      return String(flags).startsWith('w') ? fail() : nodeFs.open(path, flags, mode)
    }
    const fs = { ...nodeFs, open, mkdir: fail, rename: fail, unlink: fail, utimes: fail }
    expect(await outcomeOf(lab.start({ store: { fs } }))).toMatch(/ ERR_AUTH_STORE_/)
    expect(lab.shown).toEqual([])
    expect(await outcomeOf(lab.start())).toBe('access-1')
  })

  it('read-fails-after-request: the file cannot be read right after the response, is stored all the same', async () => {
    const lab = await createLogin()
    const busy = AuthError.transient('EIO', { code: 'ERR_AUTH_STORE_IO' })
    const store: DocumentStore<StoredToken> = {
      ...lab.store,
      read: async () => (lab.shown.length > 0 ? Promise.reject(busy) : lab.store.read()),
    }
    expect(await outcomeOf(lab.start({ store }))).toBe('access-1')
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'refresh-1' })
  })

  it('torn-file: a file that is not JSON is left to the program that writes it', async () => {
    const lab = await createLogin()
    writeFileSync(lab.path, '{"accessToken":"access-0","refr')
    expect(await outcomeOf(lab.start())).toBe('build ERR_AUTH_STORE_CORRUPT')
    expect(lab.shown).toEqual([])
    writeFileSync(lab.path, JSON.stringify({ refreshToken: 'refresh-0' }))
    expect(await outcomeOf(lab.start())).toBe('access-1')
  })

  it('torn-file-after-request: a file that is torn meanwhile gets the new tokens later', async () => {
    const lab = await createLogin()
    const whole = JSON.stringify(await lab.store.read())
    lab.answer = (response, rotate) => {
      writeFileSync(lab.path, whole.slice(0, 20))
      newTokens(response, rotate)
    }
    expect(await outcomeOf(lab.start())).toBe('access-1')
    writeFileSync(lab.path, whole)
    await expect
      .poll(async () => (await lab.store.read())?.refreshToken, { timeout: 10_000 })
      .toBe('refresh-1')
    expect(lab.shown).toEqual(['refresh-0'])
  })
})
