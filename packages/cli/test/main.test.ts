import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterEach, expect, test, vi } from 'vitest'
import { folder, loopback } from './loopback.js'

const root = join(import.meta.dirname, '..')

/** The bin as one file, made of the sources: nothing here depends on an earlier build. */
async function bundle(): Promise<string> {
  const path = folder()
  mkdirSync(join(path, 'dist'))
  copyFileSync(join(root, 'package.json'), join(path, 'package.json'))
  const outfile = join(path, 'dist', 'main.js')
  await build({
    entryPoints: [join(root, 'src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@outbound-auth/source'],
    logLevel: 'error',
  })
  return outfile
}

function start(main: string, words: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  const child = spawn(process.execPath, [main, ...words], { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, out, err }))
  return { child, ended }
}

test('main runs the command line of the process, streams, and ends on an interrupt or when nobody reads', async () => {
  const main = await bundle()
  const { origin, seen } = await loopback((request, response) => {
    response.write('data: 1\n\n')
    if (request.url.endsWith('/endless')) {
      const timer = setInterval(() => response.write('data: x\n\n'), 5)
      response.on('close', () => clearInterval(timer))
    } else response.end(request.body)
  })
  const cwd = folder({
    'outbound-auth.toml': `[providers.x]\nkind = "bearer"\ntoken = { env = "T" }\nbase_url = "${origin}"\n`,
  })
  const options = { cwd, env: { ...process.env, T: 'token', OUTBOUND_AUTH_TRUST: '1' } }

  const echo = start(main, ['request', 'echo', '-d', '@-'], options)
  echo.child.stdin.end('{"a":1}')
  expect(await echo.ended).toEqual({ code: 0, signal: null, out: 'data: 1\n\n{"a":1}', err: '' })
  expect(seen[0]?.headers).toMatchObject({
    authorization: 'Bearer token',
    'content-type': 'application/json',
  })

  const interrupted = start(main, ['request', 'endless'], options)
  await once(interrupted.child.stdout, 'data')
  interrupted.child.kill('SIGINT')
  const { code, err } = await interrupted.ended
  expect({ code, err }).toEqual({
    code: 130,
    err: 'outbound-auth: Interrupted by SIGINT (ERR_CLI_INTERRUPTED)\n  https://outbound-auth.github.io/outbound-auth/errors/ERR_CLI_INTERRUPTED\n',
  })

  const waiting = start(main, ['request', '-v', 'echo', '-d', '@-'], options)
  await once(waiting.child.stderr, 'data')
  waiting.child.kill('SIGTERM')
  expect(await waiting.ended).toMatchObject({ code: 143, out: '' })

  const unread = start(main, ['request', 'endless'], options)
  await once(unread.child.stdout, 'data')
  unread.child.stdout.destroy()
  expect(await unread.ended).toMatchObject({ code: 0, err: '' })
})

test.skipIf(process.platform === 'win32')('main says so when its working directory is gone', async () => {
  const main = await bundle()
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" explain x'
  const child = spawn('/bin/sh', ['-c', script, process.execPath, main], { cwd: folder() })
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const [code] = await once(child, 'close')
  expect({ code, err }).toEqual({
    code: 71,
    err: 'outbound-auth: The system does not let this command do its work: ENOENT (uv_cwd: no such file or directory). Change to a folder that exists (ERR_CLI_SYSTEM)\n  https://outbound-auth.github.io/outbound-auth/errors/ERR_CLI_SYSTEM\n',
  })
})

const { argv, exitCode } = process

afterEach(() => {
  process.argv = argv
  process.exitCode = exitCode
  vi.restoreAllMocks()
})

test('main sets the exit code and listens for SIGINT and SIGTERM once', async () => {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0)
  const before = process.listenerCount('SIGINT')
  process.argv = [process.execPath, 'main.js', '--version']
  await import('../src/main.js')
  expect(written.join('')).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(process.exitCode).toBe(0)
  expect(process.listenerCount('SIGINT')).toBe(before + 1)
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
  process.emit('SIGINT')
  process.emit('SIGTERM')
  process.stderr.emit('error', new Error('EPIPE'))
  expect(process.listenerCount('SIGINT')).toBe(before)
  expect(exit).not.toHaveBeenCalled()
})
