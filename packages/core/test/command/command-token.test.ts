import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type CommandTokenOptions, commandToken } from '../../src/command/index.js'
import { type AccessToken, AuthError } from '../../src/index.js'
import { cachedToken } from '../../src/provider.js'

/** Where it is there, `printf` is thirty times as fast as another Node. */
const print = (output: string): string[] =>
  process.platform === 'win32'
    ? [process.execPath, '-e', 'process.stdout.write(process.argv[1])', output]
    : ['printf', '%s', output]
const run = async (options: CommandTokenOptions): Promise<AccessToken> =>
  (await commandToken(options)({ signal: AbortSignal.timeout(4000), forceRefresh: false })) as AccessToken

describe.concurrent('commandToken()', () => {
  it.each<[output: string, expected: AccessToken]>([
    [' ya29.token\n', { token: 'ya29.token' }],
    ['{"token":"t"}', { token: 't' }],
    ['{"token":"t","expiresAt":null}', { token: 't' }],
    [
      '{"token":"t","expiresAt":"2026-11-25T10:00:00Z"}',
      { token: 't', expiresAt: new Date('2026-11-25T10:00:00Z') },
    ],
    [
      '{"token":"t","expiresAt":"2026-11-25t10:00:00.5z"}',
      { token: 't', expiresAt: new Date('2026-11-25T10:00:00.5Z') },
    ],
    [
      '{"token":"t","expiresAt":"2026-11-25 12:00:00+02:00"}',
      { token: 't', expiresAt: new Date('2026-11-25T10:00:00Z') },
    ],
    ['{"token":"t","expiresAt":1795600800}', { token: 't', expiresAt: new Date(1_795_600_800_000) }],
    [
      '{ "expiresAt": 1795600800.5, "token": "t", "other": 1 }',
      { token: 't', expiresAt: new Date(1_795_600_800_500) },
    ],
  ])('reads %j', async (output, expected) => {
    expect(await run({ command: print(output) })).toEqual(expected)
  })

  it.each<[output: string, message: string]>([
    ['s3cr3t\ntwo', 'several lines'],
    ['s3cr3t\r\ntwo', 'several lines'],
    ['{"token":', 'begins like JSON and is not valid JSON'],
    ['{"token":5}', 'without a string "token"'],
    ['{"token":"s3cr3t","expiresAt":"soon"}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":"2026-11-25"}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":"2026-11-25T10:00:00"}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":"2026-13-25T10:00:00Z"}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":"1795600800"}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":true}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":{}}', '"expiresAt"'],
  ])('refuses %j', async (output, message) => {
    const error = await run({ command: print(output) }).catch((thrown) => thrown)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_COMMAND_OUTPUT' })
    expect(error.message).toMatch(/^The credential command (printf|node\S*) wrote /)
    expect(error.message).toContain(message)
    expect(error.message).not.toContain('s3cr3t')
  })

  it('gives the output to parse, and takes what that returns', async () => {
    const command = print(' <t>\n')
    const parse = (output: string) => output.slice(1, -1)
    expect(await run({ command, parse })).toBe('t')
    const token = { token: 't', expiresAt: new Date(5) }
    expect(await run({ command, parse: async () => token })).toBe(token)
  })

  it.each<[string, () => unknown, string]>([
    ['throws an error of its own', () => JSON.parse('s3cr3t'), 'parse failed on its output'],
    ['rejects', () => Promise.reject(new Error('s3cr3t')), 'parse failed on its output'],
    ['returns undefined', () => undefined, 'parse must return a string or { token, expiresAt }'],
    ['returns an object of another shape', () => ({ access_token: 's3cr3t' }), 'parse must return a string'],
  ])('says that a parse %s, and nothing of the output', async (_, parse, message) => {
    const options = { command: print('s3cr3t'), parse } as CommandTokenOptions
    const error = await run(options).catch((thrown) => thrown)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_COMMAND_OUTPUT' })
    expect(error.message).toMatch(/^The credential command (printf|node\S*): parse /)
    expect(error.message).toContain(message)
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cr3t')
  })

  it('keeps an AuthError of parse', async () => {
    const own = AuthError.transient('not yet', { code: 'ERR_AUTH_CREDENTIAL' })
    const parse = () => {
      throw own
    }
    await expect(run({ command: print('x'), parse })).rejects.toBe(own)
  })

  it('carries the defaults of whoever caches it: 5 min, and a limit after the run’s own', () => {
    const plain = commandToken({ command: ['x'] })
    expect([plain.refreshIntervalMs, plain.timeoutMs]).toEqual([300_000, 6000])
    const slow = commandToken({ command: ['x'], refreshIntervalMs: 0, timeoutMs: 90_000 })
    expect([slow.refreshIntervalMs, slow.timeoutMs]).toEqual([0, 91_000])
  })

  it.each<[options: object, option: string, message: string]>([
    [
      { command: [] },
      'command',
      'command must be a list of strings without NUL, the program first, got an array',
    ],
    [{ command: ['x'], cwd: 5 }, 'cwd', 'cwd must be the path of a folder, got 5'],
    [{ command: ['x'], timeoutMs: 0 }, 'timeoutMs', 'timeoutMs must be a number from 1 to 2147483647, got 0'],
    [
      { command: ['x'], refreshIntervalMs: -1 },
      'refreshIntervalMs',
      'refreshIntervalMs must be a number from 0 to Infinity, got -1',
    ],
    [
      { command: ['x'], refreshIntervalMs: Number.NaN },
      'refreshIntervalMs',
      'refreshIntervalMs must be a number from 0 to Infinity, got NaN',
    ],
    [
      { command: ['x'], interval: 5 },
      'interval',
      'unknown option "interval"; it has command, cwd, env, timeoutMs, refreshIntervalMs, parse; did you mean refreshIntervalMs?',
    ],
    [{ command: ['x'], parse: 'json' }, 'parse', 'parse must be a function, got a string'],
  ])('refuses %o at once', (options, option, message) => {
    expect(() => commandToken(options as CommandTokenOptions)).toThrow(
      expect.objectContaining({ name: 'TypeError', option, message: `commandToken: ${message}` }),
    )
  })

  it('is run once for 200 concurrent callers, and again after refreshIntervalMs', async () => {
    let nowMs = 0
    const command = [process.execPath, '-e', 'console.log(String(process.pid))']
    const cache = cachedToken({ kind: 'test', source: commandToken({ command }), now: () => new Date(nowMs) })
    const tokens = new Set(await Promise.all(Array.from({ length: 200 }, () => cache.get())))
    nowMs = 299_999
    tokens.add(await cache.get())
    expect(tokens.size).toBe(1)
    nowMs = 300_000
    tokens.add(await cache.get())
    expect(tokens.size).toBe(2)
  })

  it('gives each caller the error of the run when no token is valid', async () => {
    const command = [process.execPath, '-e', 'process.exitCode = 1']
    const cache = cachedToken({ kind: 'test', source: commandToken({ command }) })
    const results = await Promise.allSettled([cache.get(), cache.get()])
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_AUTH_COMMAND_FAILED' } })
    }
    expect(cache.peek()).toBeUndefined()
  })
})

describe.skipIf(process.platform === 'win32')('commandToken() runs the command', () => {
  const folder = realpathSync(tmpdir())
  const command = ['sh', '-c', 'pwd -P']

  it.each([
    [undefined, folder],
    ['', folder],
    ['..', dirname(folder)],
    ['/', '/'],
  ])('with a cwd of %j, from the working directory of when it was made', async (cwd, expected) => {
    const spy = vi.spyOn(process, 'cwd').mockReturnValue(folder)
    onTestFinished(() => void vi.restoreAllMocks())
    const source = commandToken({ command, cwd })
    spy.mockRestore()
    expect(await source({ signal: AbortSignal.timeout(4000), forceRefresh: false })).toEqual({
      token: expected,
    })
  })

  it.each([undefined, '..'])('with a cwd of %j, also when there was no working directory', async (cwd) => {
    const spy = vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw Object.assign(new Error('uv_cwd'), { code: 'ENOENT' })
    })
    onTestFinished(() => void vi.restoreAllMocks())
    const source = commandToken({ command, cwd })
    spy.mockRestore()
    expect(await source({ signal: AbortSignal.timeout(4000), forceRefresh: false })).toEqual({
      token: resolve(cwd ?? ''),
    })
  })
})
