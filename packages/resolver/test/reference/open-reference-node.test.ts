import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { AuthError, type SourceOptions } from '@outbound-auth/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { definitionPath } from '../../src/index.js'
import { openReference } from '../../src/reference/open-reference-node.js'
import { failure, problemOf, variablesOf } from '../open-lab.js'

type ReferencePlace = Parameters<typeof openReference>[1]
type OpenHost = Parameters<typeof openReference>[2]

const place: ReferencePlace = { use: 'Cannot resolve x: part', path: ['part'] }
const callOptions: SourceOptions = { signal: new AbortController().signal, forceRefresh: false }
const env = { NAME: ' value\n' }
const variables = variablesOf(env)
const host = (options: Partial<OpenHost> = {}): OpenHost => ({
  directory: '/start',
  pipes: new Map(),
  env,
  ...options,
})
const open = (value: unknown, options?: Partial<OpenHost>) =>
  openReference(value, place, host(options), variables)
/** Calls the source of a reference. */
const call = (opened: { readonly source: unknown } | undefined): unknown =>
  (opened as { readonly source: (options: SourceOptions) => unknown }).source(callOptions)
const secretOf = (value: unknown, options?: Partial<OpenHost>) => call(open(value, options))

describe('openReference()', () => {
  it.each([undefined, null, 'a', 5, ['a'], {}, { vault: 'a' }])('leaves %j to others', (value) => {
    expect(open(value)).toBeUndefined()
  })

  it('opens a variable, whose value is fixed', () => {
    const opened = open({ env: 'NAME' })
    expect(opened).toMatchObject({ label: 'environment variable NAME', value: 'value' })
    expect({ ...opened?.source }).toEqual({ refreshIntervalMs: 0 })
    expect(call(opened)).toBe('value')
  })

  const many = ' must have one of env, file, command, got env and file'
  it.each<[value: object, problem: string, path: readonly string[]]>([
    [{ env: 'A', file: 'b' }, `${many}. Keep one of them`, ['part']],
    [{ env: 'A', file: 'b', command: ['c'] }, `${many} and command. Keep one of them`, ['part']],
    [{ env: 'NAME', x: 1 }, ': unknown option "x"; it has env', ['part', 'x']],
    [{ env: ' ' }, ': env must be the name of a variable', ['part', 'env']],
    [{ env: 5 }, ': env must be the name of a variable', ['part', 'env']],
    [{ env: 'UNSET' }, ': environment variable UNSET is unset or blank; set it', ['part']],
  ])('rejects %j', (value, problem, path) => {
    const error = problemOf(() => open(value))
    expect(error).toMatchObject({ message: `${place.use}${problem}` })
    expect(definitionPath(error)).toEqual(path)
  })
})

describe('openReference() of a file', () => {
  it('trims what an injected readFile gives for the path as it stands', async () => {
    const readFile = vi.fn(async () => ' secret\n')
    expect(await secretOf({ file: 'a/b' }, { readFile })).toBe('secret')
    expect(readFile.mock.calls).toEqual([['a/b']])
    expect({ ...open({ file: 'a/b' })?.source }).toEqual({ refreshIntervalMs: 1000 })
  })

  it('takes 1 MiB from readFile, and no character more', async () => {
    const longest = 'x'.repeat(2 ** 20)
    expect(await secretOf({ file: '/a' }, { readFile: async () => longest })).toBe(longest)
    expect(await failure(secretOf({ file: '/a' }, { readFile: async () => `${longest}x` }))).toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_MISSING_FILE',
      option: 'part',
      message: `${place.use}: file /a is larger than 1 MiB, the limit for a secret`,
    })
  })

  it('says what is wrong with it, and where', async () => {
    const readFile = (text: () => string) => ({ readFile: async () => text() })
    const blank = await failure(
      secretOf(
        { file: '/a' },
        readFile(() => ' \n'),
      ),
    )
    expect(blank).toMatchObject({ message: `${place.use}: file /a is blank`, code: 'ERR_AUTH_MISSING_FILE' })
    expect(definitionPath(blank)).toEqual(['part'])
    const cause = new Error('locked')
    const locked = () => {
      throw cause
    }
    const unread = await failure(secretOf({ file: '/a' }, readFile(locked)))
    expect(unread).toMatchObject({ message: `${place.use}: file /a cannot be read` })
    const missing = await failure(secretOf({ file: '/missing/a.txt' }))
    expect(missing).toMatchObject({
      message: `${place.use}: file /missing/a.txt cannot be read`,
      cause: { code: 'ENOENT' },
    })
  })

  it('starts at the directory of the resolver, or where the process is', async () => {
    const directory = dirname(import.meta.filename)
    const file = 'open-reference-node.test.ts'
    expect(await secretOf({ file }, { directory })).toContain('starts at the directory of the resolver')
    expect(await secretOf({ file: join(directory, file) }, { directory: undefined })).toContain(file)
    expect(await failure(secretOf({ file }, { directory: undefined }))).toMatchObject({
      cause: { code: 'ENOENT' },
    })
  })

  it.runIf(process.platform === 'linux')('keeps what a pipe gave, but not what a file gave', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-'))
    const path = join(folder, 'token')
    writeFileSync(path, 'one')
    const descriptor = openSync(path, 'r')
    onTestFinished(() => {
      closeSync(descriptor)
      rmSync(folder, { recursive: true })
    })
    const pipes: OpenHost['pipes'] = new Map()
    const file = `/dev/fd/${descriptor}`
    expect(await secretOf({ file }, { pipes })).toBe('one')
    expect(pipes.size).toBe(0)
    writeFileSync(path, 'two')
    expect(await secretOf({ file }, { pipes })).toBe('two')
  })

  it.each([
    ['/run/secrets/token', '/run/secrets/token'],
    ['token.txt', 'token.txt'],
    ['a\\b', 'a\\b'],
    ['token', 'token'],
    ['a-very-long-name-without-folder', '…'],
    ['https://a.example/b', '…'],
    [`/${'a'.repeat(64)}`, `/${'a'.repeat(64)}`],
    [`/${'a'.repeat(65)}`, '…'],
    [`/${'a'.repeat(65)}/b`, '…'],
  ])('shows the path %s as %s', (file, shown) => {
    expect(open({ file })?.label).toBe(`file ${shown}`)
  })

  it.each([{ file: 5 }, { file: '' }, { file: ' ' }])('rejects %j', (value) => {
    const error = problemOf(() => open(value))
    expect(error).toEqual(new TypeError(`${place.use}: file must be a path`))
    expect(definitionPath(error)).toEqual(['part', 'file'])
  })
})

describe('openReference() of a command', () => {
  it('gives runCommand an absolute folder, and the options of the call', async () => {
    const runCommand = vi.fn(async () => 'secret')
    const given = { command: ['a', ''], cwd: 'b', timeoutMs: 7, refreshIntervalMs: 8 }
    expect(await secretOf(given, { runCommand })).toBe('secret')
    expect(runCommand.mock.calls).toEqual([[{ ...given, cwd: '/start/b' }, callOptions]])
    expect({ ...open(given)?.source }).toEqual({ refreshIntervalMs: 8, timeoutMs: 1007 })
    expect(open(given)?.label).toBe('command a')
    await secretOf({ command: ['a'] }, { runCommand })
    expect(runCommand.mock.lastCall).toEqual([{ command: ['a'] }, callOptions])
    await secretOf(given, { runCommand, directory: undefined })
    expect(runCommand.mock.lastCall).toEqual([given, callOptions])
  })

  it('is renewed every 300 s, and has a time limit of 6 s around that of its run', () => {
    expect({ ...open({ command: ['a'] })?.source }).toEqual({ refreshIntervalMs: 300_000, timeoutMs: 6000 })
  })

  it('gives an error its place', async () => {
    const runCommand = () => Promise.reject(AuthError.transient('locked', { code: 'ERR_AUTH_VAULT' }))
    const error = await failure(secretOf({ command: ['a'] }, { runCommand }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_VAULT' })
    expect(definitionPath(error)).toEqual(['part'])
  })

  it.each<[value: object, problem: string, name: string]>([
    ...['a', [], [' '], [5], ['a', 5]].map((command): [object, string, string] => [
      { command },
      'command must be a list of strings, the program first',
      'command',
    ]),
    [{ command: ['a'], cwd: ' ' }, 'cwd must be a path', 'cwd'],
    [{ command: ['a'], cwd: 5 }, 'cwd must be a path', 'cwd'],
  ])('rejects %j', (value, problem, name) => {
    const error = problemOf(() => open(value))
    expect(error).toEqual(new TypeError(`${place.use}: ${problem}`))
    expect(definitionPath(error)).toEqual(['part', name])
  })
})

describe('openReference() of AWS credentials', () => {
  const keys = { accessKeyId: 'a', secretAccessKey: 'b' }

  it.each([keys, { ...keys, expiration: 1 }, { accessKeyId: 'a' }])(
    'leaves the literals %j to others',
    (value) => {
      expect(open(value)).toBeUndefined()
    },
  )

  it('reads each part that is a reference, and keeps the others', async () => {
    const parts = { accessKeyId: 'a', secretAccessKey: { env: 'NAME' }, sessionToken: { file: '/t' } }
    const opened = open(parts, { readFile: async () => 'c' })
    expect(opened?.label).toBe('environment variable NAME and file /t')
    const first = await call(opened)
    expect(first).toEqual({ accessKeyId: 'a', secretAccessKey: 'value', sessionToken: 'c' })
    expect(await call(opened)).toBe(first)
  })

  it.each(['accessKeyId', 'secretAccessKey', 'sessionToken'])(
    'gives new credentials for a new %s',
    async (name) => {
      let text = 'one'
      const parts = { ...keys, [name]: { file: '/t' } }
      const opened = open(parts, { readFile: async () => text })
      expect(await call(opened)).toMatchObject({ [name]: 'one' })
      text = 'two'
      expect(await call(opened)).toMatchObject({ [name]: 'two' })
    },
  )

  it('asks the chain of the machine with its environment, and gives its errors their place', async () => {
    const source = Object.assign(() => Promise.reject(AuthError.transient('x', { code: 'ERR_AUTH_VAULT' })), {
      refreshIntervalMs: 7,
    })
    const awsCredentials = vi.fn(() => source)
    const opened = open({ awsChain: true, profile: 'work' }, { awsCredentials })
    expect(opened?.label).toBe('AWS profile work')
    expect(awsCredentials.mock.calls).toEqual([[{ profile: 'work', env }]])
    expect({ ...opened?.source }).toEqual({ refreshIntervalMs: 7 })
    const error = await failure(call(opened))
    expect(definitionPath(error)).toEqual(['part'])
    expect(open({ awsChain: true }, { awsCredentials })?.label).toBe('the AWS credentials of this machine')
    expect(awsCredentials.mock.lastCall).toEqual([{ profile: undefined, env }])
  })

  it.each<[value: object, problem: string, path: readonly string[]]>([
    [{ awsChain: false }, ': awsChain must be true', ['part', 'awsChain']],
    [{ awsChain: true, profile: ' ' }, ': profile must be a name', ['part', 'profile']],
    [{ awsChain: true, profile: 5 }, ': profile must be a name', ['part', 'profile']],
    [{ awsChain: true, x: 1 }, ': unknown option "x"; it has awsChain, profile', ['part', 'x']],
    [
      { awsChain: true },
      ': pass createResolver(factories, { awsCredentials }) with awsCredentials of @outbound-auth/sigv4/node',
      ['part'],
    ],
    [
      { ...keys, accessKeyId: { env: 'NAME' }, x: 1 },
      ': unknown option "x"; it has accessKeyId, secretAccessKey, sessionToken',
      ['part', 'x'],
    ],
    [
      { ...keys, accessKeyId: { env: 'UNSET' } },
      '.accessKeyId: environment variable UNSET is unset or blank; set it',
      ['part', 'accessKeyId'],
    ],
  ])('rejects %j', (value, problem, path) => {
    const error = problemOf(() => open(value))
    expect(error).toMatchObject({ message: `${place.use}${problem}` })
    expect(definitionPath(error)).toEqual(path)
  })
})
