import { execFileSync } from 'node:child_process'
import { chownSync, closeSync, constants, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import * as source from '../../src/config/load-config.js'
import { folder } from '../loopback.js'

const text = '[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "http://localhost"\n'

function loadConfig(named: string | undefined, cwd: string, env: Readonly<Record<string, string>>) {
  return source.loadConfig({ named, cwd, env, ifUntrusted: 'describe' })
}

afterEach(() => {
  vi.restoreAllMocks()
})

test('loadConfig() reads outbound-auth.toml of the working directory, and no other', async () => {
  expect((await loadConfig(undefined, folder({ 'outbound-auth.toml': text }), {}))?.providers.has('x')).toBe(
    true,
  )
  expect(await loadConfig(undefined, folder(), {})).toBeUndefined()
  const parent = folder({ 'outbound-auth.toml': text })
  expect(await loadConfig(undefined, join(parent, 'child'), {})).toBeUndefined()
})

test('loadConfig() reads the named file, relative to the working directory', async () => {
  const config = await loadConfig('./a.toml', folder({ 'a.toml': text }), {})
  expect(config?.providers.get('x')?.place).toBe('./a.toml:1')
})

test('loadConfig() rejects a named file that is not there, is a folder, or is not text', async () => {
  const cwd = folder({ bad: new Uint8Array([0xff, 0xfe, 0]) })
  await expect(loadConfig('missing.toml', cwd, {})).rejects.toThrow('Cannot read missing.toml: ENOENT')
  await expect(loadConfig('.', cwd, {})).rejects.toThrow('Cannot read .: EISDIR')
  await expect(loadConfig('bad', cwd, {})).rejects.toThrow('Cannot read bad: it is not UTF-8 text')
})

test('loadConfig() rejects a found file of another user, unless it is named', async () => {
  const cwd = folder({ 'outbound-auth.toml': text })
  const path = join(cwd, 'outbound-auth.toml')
  if (statSync(path).uid === 0) chownSync(path, 1, 1)
  vi.spyOn(process, 'getuid').mockReturnValue(statSync(path).uid + 1)
  await expect(loadConfig(undefined, cwd, {})).rejects.toThrow('outbound-auth.toml belongs to another user')
  expect(await loadConfig('outbound-auth.toml', cwd, {})).toBeDefined()
})

test('loadConfig() does not wait for the writer of a pipe, and has a limit', async () => {
  const cwd = folder({ 'large.toml': '#'.repeat(2 ** 24 + 1) })
  execFileSync('mkfifo', [join(cwd, 'outbound-auth.toml')])
  for (const named of [undefined, './outbound-auth.toml']) {
    await expect(loadConfig(named, cwd, {})).rejects.toThrow(
      'outbound-auth.toml: it is a pipe, not a regular file',
    )
  }
  await expect(loadConfig('large.toml', cwd, {})).rejects.toThrow('large.toml: it is larger than 16 MiB')
  expect((await loadConfig('/dev/null', cwd, {}))?.providers.size).toBe(0)
})

test('loadConfig() reads a named pipe of a shell', async () => {
  const pipe = join(folder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(pipe, 'w')
  writeSync(writer, text)
  closeSync(writer)
  expect((await loadConfig(`/dev/fd/${reader}`, folder(), {}))?.providers.has('x')).toBe(true)
  closeSync(reader)
})
