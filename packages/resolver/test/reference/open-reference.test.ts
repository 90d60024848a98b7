import { mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap, toAuthHeaders } from '@outbound-auth/core'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createResolver, type ResolvedAuth, type ResolverOptions } from '../../src/index.js'
import { openReference } from '../../src/reference/open-reference.js'

const baseUrl = 'https://api.example.com'
const node = process.execPath
let nowMs = 0
const now = () => new Date(nowMs)

beforeEach(() => {
  nowMs = Date.now()
})

function resolve(token: unknown, options?: ResolverOptions, more?: object): Promise<ResolvedAuth> {
  const { resolveUnknown } = createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth }, options)
  return resolveUnknown({ kind: 'bearer', token, baseUrl, now, ...more })
}

async function sentBy({ provider }: ResolvedAuth): Promise<string | null> {
  const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }
  return (await applyAuth(provider, request)).headers.get('authorization')
}

async function recover({ provider }: ResolvedAuth, sent: string): Promise<boolean | undefined> {
  const request = { method: 'GET', url: baseUrl, headers: createHeaderMap({ authorization: sent }) }
  const rejection = { request, status: 401, headers: createHeaderMap(), readBody: async () => '', attempt: 0 }
  return provider.recover?.(rejection)
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )

describe('{ env } in a definition', () => {
  it('is trimmed, and followed at once when the variable changes', async () => {
    const env: Record<string, string> = { TOKEN: ' one\r\n' }
    const auth = await resolve({ env: 'TOKEN' }, { env })
    expect(await sentBy(auth)).toBe('Bearer one')
    env['TOKEN'] = 'two'
    expect(await sentBy(auth)).toBe('Bearer two')
    expect(toAuthHeaders(auth.provider)).toEqual({ authorization: 'Bearer two' })
  })

  it('is read again at once after a rejection', async () => {
    const env = { TOKEN: 'one' }
    const auth = await resolve({ env: 'TOKEN' }, { env })
    expect(await sentBy(auth)).toBe('Bearer one')
    expect(await recover(auth, 'Bearer one')).toBe(false)
    env.TOKEN = 'two'
    expect(await recover(auth, 'Bearer one')).toBe(true)
    expect(toAuthHeaders(auth.provider)).toEqual({ authorization: 'Bearer two' })
  })

  it.each([
    ['unset', {}],
    ['blank', { TOKEN: ' \n' }],
  ])('fails at once when the variable is %s', async (_, env) => {
    const error = await failure(resolve({ env: 'TOKEN' }, { env }))
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_MISSING_ENV' })
    expect(error.message).toBe(
      'Cannot resolve bearer: token: environment variable TOKEN is unset or blank; set it',
    )
  })

  it('fails again when the variable goes away, at the next resolution and at the next use', async () => {
    const env: Record<string, string> = { TOKEN: 'one' }
    const { resolveUnknown } = createResolver({ bearer: bearerAuth }, { env })
    const definition = { kind: 'bearer', token: { env: 'TOKEN' }, baseUrl, now }
    const auth = await resolveUnknown(definition)
    await sentBy(auth)
    delete env['TOKEN']
    expect(await failure(resolveUnknown(definition))).toMatchObject({ code: 'ERR_AUTH_MISSING_ENV' })
    nowMs += 1000
    expect(await failure(sentBy(auth))).toMatchObject({ kind: 'build', code: 'ERR_AUTH_MISSING_ENV' })
  })

  it("reads the process's environment when none is given, also one that is replaced later", async () => {
    vi.stubEnv('OUTBOUND_AUTH_TEST_TOKEN', 'one')
    const auth = await resolve({ env: 'OUTBOUND_AUTH_TEST_TOKEN' })
    expect(await sentBy(auth)).toBe('Bearer one')
    const original = process.env
    process.env = { OUTBOUND_AUTH_TEST_TOKEN: 'two' }
    nowMs += 1000
    expect(await sentBy(auth)).toBe('Bearer two')
    process.env = original
    vi.unstubAllEnvs()
  })

  it('is unset on a runtime that has no environment', async () => {
    vi.stubGlobal('process', undefined)
    const error = await failure(resolve({ env: 'TOKEN' }))
    vi.unstubAllGlobals()
    expect(error).toMatchObject({ code: 'ERR_AUTH_MISSING_ENV' })
  })

  it('is followed at once whatever the refreshIntervalMs of the definition', async () => {
    const env = { TOKEN: 'one' }
    const auth = await resolve({ env: 'TOKEN' }, { env }, { refreshIntervalMs: 5000 })
    await sentBy(auth)
    env.TOKEN = 'two'
    expect(await sentBy(auth)).toBe('Bearer two')
  })
})

describe('{ file } in a definition', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is trimmed, and followed when the file is replaced', async () => {
    const file = join(folder, 'token')
    await writeFile(file, 'one\n')
    const auth = await resolve({ file })
    expect(auth.reason).toBe(`bearer in header authorization from file ${file}, for https://api.example.com`)
    expect(await sentBy(auth)).toBe('Bearer one')
    await writeFile(`${file}.new`, 'two\n')
    await rename(`${file}.new`, file)
    expect(await sentBy(auth)).toBe('Bearer one')
    nowMs += 1000
    expect(await sentBy(auth)).toBe('Bearer two')
    await writeFile(file, 'three\n')
    expect(await recover(auth, 'Bearer two')).toBe(true)
    expect(await sentBy(auth)).toBe('Bearer three')
  })

  it('that is missing, unreadable or blank is an error at request time, and is read again', async () => {
    const file = join(folder, 'late')
    const auth = await resolve({ file })
    const error = await failure(sentBy(auth))
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_MISSING_FILE', cause: { code: 'ENOENT' } })
    expect(error.message).toBe(`Cannot resolve bearer: token: file ${file} cannot be read`)
    await writeFile(file, ' \n')
    nowMs += 1000
    expect((await failure(sentBy(auth))).message).toMatch(/late is blank/)
    await writeFile(file, 'here')
    nowMs += 1000
    expect(await sentBy(auth)).toBe('Bearer here')
    expect(await failure(resolve({ file: folder }).then(sentBy))).toMatchObject({ cause: { code: 'EISDIR' } })
  })

  it('is read by an injected readFile', async () => {
    const readFile = vi.fn(async (path: string) => `from-${path}`)
    expect(await sentBy(await resolve({ file: 'k8s://token' }, { readFile }))).toBe('Bearer from-k8s://token')
  })

  it('shows no secret of an error that an injected readFile throws', async () => {
    const readFile = () => Promise.reject(new Error('planted-secret'))
    const error = await failure(resolve({ file: 'x' }, { readFile }).then(sentBy))
    expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`).not.toContain(
      'planted-secret',
    )
  })
})

describe('{ command } in a definition', () => {
  it('runs the command, in its folder and with the injected environment', async () => {
    // The path of the folder may hold what no token may: a blank, an umlaut.
    const encode = (path: string) => Buffer.from(path).toString('base64url')
    const command = [node, '-p', 'process.env.WORD + Buffer.from(process.cwd()).toString("base64url")']
    const auth = await resolve({ command, cwd: tmpdir(), timeoutMs: 60_000 }, { env: { WORD: 'w-' } })
    expect(await sentBy(auth)).toBe(`Bearer w-${encode(await realpath(tmpdir()))}`)
    expect(auth.reason).toBe(`bearer in header authorization from command node, for https://api.example.com`)
  })

  it('is kept for 300 s, or for its refreshIntervalMs', async () => {
    const runCommand = vi.fn(async () => `run-${runCommand.mock.calls.length}`)
    const auth = await resolve({ command: ['vault', '--planted-secret'] }, { runCommand })
    const brief = await resolve({ command: ['vault'], refreshIntervalMs: 1 }, { runCommand })
    expect(auth.reason).not.toContain('planted-secret')
    expect(await sentBy(auth)).toBe('Bearer run-1')
    nowMs += 299_999
    expect(await sentBy(auth)).toBe('Bearer run-1')
    nowMs += 1
    expect(await sentBy(auth)).toBe('Bearer run-2')
    expect(await sentBy(brief)).toBe('Bearer run-3')
    nowMs += 1
    expect(await sentBy(brief)).toBe('Bearer run-4')
    expect(runCommand).toHaveBeenLastCalledWith(
      { command: ['vault'], refreshIntervalMs: 1 },
      expect.objectContaining({ signal: expect.any(AbortSignal) }),
    )
  })

  it.each([
    ['timeoutMs, also above the 30 s of other sources', { timeoutMs: 60_000 }, 60_999],
    ['5 s without timeoutMs', {}, 5999],
  ])('has a second more than its %s', async (_, limit, longestMs) => {
    vi.useFakeTimers()
    let signal: AbortSignal | undefined
    const runCommand: ResolverOptions['runCommand'] = (_, options) => {
      signal = options.signal
      return new Promise(() => {})
    }
    const outcome = failure(resolve({ command: ['vault'], ...limit }, { runCommand }).then(sentBy))
    await vi.advanceTimersByTimeAsync(longestMs)
    expect(signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    vi.useRealTimers()
    expect(await outcome).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_TIMEOUT' })
  })

  it('is not named when its name may be a secret', async () => {
    const { reason } = await resolve({ command: ['planted-secret-4711-4712'] })
    expect(reason).toBe('bearer in header authorization from command …, for https://api.example.com')
  })

  it('that fails is an error, never a request without credential', async () => {
    const auth = await resolve({ command: [node, '-e', 'process.exit(3)'], timeoutMs: 60_000 })
    expect(await failure(sentBy(auth))).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_COMMAND_FAILED' })
  })
})

it.each(['sk-ant-api03-planted-4711-planted-4712', `eyJ.${'planted-'.repeat(9)}`])(
  'a file whose path may be a secret is not named: %s',
  async (file) => {
    const auth = await resolve({ file }, { readFile: () => Promise.reject(new Error('ENOENT')) })
    expect(auth.reason).toBe('bearer in header authorization from file …, for https://api.example.com')
    const error = await failure(sentBy(auth))
    expect(error.message).toBe('Cannot resolve bearer: token: file … cannot be read')
  },
)

describe('a malformed reference', () => {
  it.each<[string, object, RegExp]>([
    ['a file that is not a string', { file: 5 }, /token: file must be a path/],
    ['a blank file', { file: ' ' }, /token: file must be a path/],
    ['a file with more', { file: 'x', trim: false }, /token: unknown option "trim"/],
    ['a command in one string', { command: 'vault read' }, /token: command must be a list/],
    ['an empty command', { command: [] }, /token: command must be a list/],
    ['a command of numbers', { command: ['a', 5] }, /token: command must be a list/],
    ['a folder that is not a string', { command: ['a'], cwd: 5 }, /token: cwd must be a path/],
    ['no time at all', { command: ['a'], timeoutMs: 0 }, /token: timeoutMs must be/],
    ['a time that is not a number', { command: ['a'], timeoutMs: '5' }, /token: timeoutMs must be a number/],
    [
      'more time than a timer has',
      { command: ['a'], timeoutMs: 2 ** 31 },
      /timeoutMs must be a number from 1 to 2147483647/,
    ],
    ['a command with a shell', { command: ['a'], shell: true }, /token: unknown option "shell"/],
  ])('is rejected: %s', async (_, reference, message) => {
    const error = await failure(resolve(reference))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
  })

  it.each([
    [{ vault: 'x' }, 'an object with vault'],
    [{ environment: 'TOKEN' }, 'an object with environment; did you mean env?'],
    [{ File: '/token', 'planted secret': 'x' }, 'an object with File; did you mean file?'],
    [{}, 'an object with none'],
  ])('of an unknown form is rejected: %o', async (reference, came) => {
    expect(await failure(resolve(reference))).toEqual(
      new TypeError(
        `Cannot resolve bearer: token must be a string or have one of env, file, command, got ${came}`,
      ),
    )
  })

  it('without the name of a variable is rejected', async () => {
    for (const env of ['', ' ', 5])
      expect(await failure(resolve({ env }))).toEqual(
        new TypeError('Cannot resolve bearer: token: env must be the name of a variable'),
      )
  })
})

it('createResolver() bundles for a browser without a stub, and says that files and commands need Node', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
    conditions: ['@outbound-auth/source'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  })
  const text = outputFiles[0]?.text ?? ''
  expect(text).not.toMatch(/node:|child_process/)
  const bundle: typeof import('../../src/index.js') = await import(
    `data:text/javascript,${encodeURIComponent(text)}`
  )
  const { resolve } = bundle.createResolver({ bearer: bearerAuth }, { env: { TOKEN: 't' } })
  expect(await sentBy(await resolve({ kind: 'bearer', token: { env: 'TOKEN' }, baseUrl }))).toBe('Bearer t')
  for (const token of [{ file: '/x' }, { command: ['x'] }] as const) {
    const error = await failure(resolve({ kind: 'bearer', token, baseUrl }))
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_UNSUPPORTED' })
    expect(error.message).toBe('Cannot resolve bearer: token: files and commands need Node')
  }
})

describe('openReference() of browsers', () => {
  const place = { use: 'Cannot resolve x: part', path: ['part'] }
  const variables = {
    get: (name: string) => (name === 'NAME' ? 'value' : undefined),
    isEmpty: () => false,
    isCurrent: () => true,
  }
  const open = (value: unknown) =>
    openReference(value, place, { directory: undefined, pipes: new Map() }, variables)

  it.each([undefined, null, 'a', 5, ['a'], {}, { vault: 'a' }])('leaves %j to others', (value) => {
    expect(open(value)).toBeUndefined()
  })

  it('opens a variable', () => {
    expect(open({ env: 'NAME' })).toMatchObject({ label: 'environment variable NAME', value: 'value' })
  })

  it.each([
    [{ env: 'A', file: 'b' }, ' must have one of env, file, command, got env and file. Keep one of them'],
    [{ env: 'NAME', x: 1 }, ': unknown option "x"; it has env'],
    [{ env: 'UNSET' }, ': environment variable UNSET is unset or blank; set it'],
    [{ file: '/a' }, ': files and commands need Node'],
    [{ command: ['a'] }, ': files and commands need Node'],
  ])('rejects %j', (value, problem) => {
    expect(() => open(value)).toThrow(`${place.use}${problem}`)
  })
})
