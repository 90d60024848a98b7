import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPrivateFile, userFolder } from '../../src/lib/private-file.js'
import { folder } from '../loopback.js'

const isPosix = process.platform !== 'win32'

test('userFolder() follows the XDG variables, and ignores a relative one', () => {
  expect(userFolder('state', { XDG_STATE_HOME: '/s', HOME: '/h' })).toBe(join('/s', 'outbound-auth'))
  expect(userFolder('cache', { XDG_CACHE_HOME: '/c', HOME: '/h' })).toBe(join('/c', 'outbound-auth'))
  expect(userFolder('state', { XDG_STATE_HOME: 's', HOME: '/h' })).toBe(
    join('/h', '.local', 'state', 'outbound-auth'),
  )
  expect(userFolder('cache', { XDG_CACHE_HOME: '', HOME: '/h' })).toBe(join('/h', '.cache', 'outbound-auth'))
  expect(userFolder('cache', { HOME: '' })).toBe(join(homedir(), '.cache', 'outbound-auth'))
})

test('readPrivateFile() returns the text of a file, and undefined where it is missing', async () => {
  const place = folder()
  writeFileSync(join(place, 'a'), 'text', { mode: 0o600 })
  expect(await readPrivateFile(join(place, 'a'))).toBe('text')
  expect(await readPrivateFile(join(place, 'b'))).toBeUndefined()
  expect(await readPrivateFile(join(place, 'a', 'b'))).toBeUndefined()
})

test('readPrivateFile() reads up to 1 MiB', async () => {
  const path = join(folder(), 'large')
  writeFileSync(path, '', { mode: 0o600 })
  truncateSync(path, 2 ** 20)
  expect(await readPrivateFile(path)).toHaveLength(2 ** 20)
  truncateSync(path, 2 ** 20 + 1)
  await expect(readPrivateFile(path)).rejects.toThrow(
    `Cannot use ${path}: it is larger than 1 MiB. Remove it, and run the command again`,
  )
})

test.runIf(isPosix)('readPrivateFile() rejects what is no file of this user alone', async () => {
  const place = folder()
  const writable = join(place, 'writable')
  writeFileSync(writable, 'x')
  chmodSync(writable, 0o622)
  await expect(readPrivateFile(writable)).rejects.toThrow('other users may write to it')
  mkdirSync(join(place, 'folder'))
  await expect(readPrivateFile(join(place, 'folder'))).rejects.toThrow('it is not a regular file')
  execFileSync('mkfifo', [join(place, 'pipe')])
  await expect(readPrivateFile(join(place, 'pipe'))).rejects.toThrow('it is not a regular file')
})

test.runIf(process.getuid?.() === 0)('readPrivateFile() rejects a file of another user', async () => {
  const path = join(folder(), 'other')
  writeFileSync(path, 'x', { mode: 0o600 })
  execFileSync('chown', ['12345', path])
  await expect(readPrivateFile(path)).rejects.toThrow('it belongs to another user')
})

test.runIf(isPosix)('readPrivateFile() names the code of a file that cannot be opened', async () => {
  const place = folder()
  execFileSync('ln', ['-s', 'loop', join(place, 'loop')])
  await expect(readPrivateFile(join(place, 'loop'))).rejects.toThrow('ELOOP')
})
