import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type CommandOptions, runCommand } from '../../src/command/index.js'
import type { AuthError } from '../../src/index.js'

const isWindows = process.platform === 'win32'
const node = process.execPath
const script = (code: string, ...args: string[]): string[] => [node, '-e', code, ...args]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-'))
  writeFileSync(join(folder, 'plain.txt'), 'no program', { mode: 0o600 })
  writeFileSync(join(folder, 'get-token'), '#!/bin/sh\necho "here $PWD $#"\n', { mode: 0o700 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function failureOf(options: CommandOptions, signal?: AbortSignal): Promise<AuthError> {
  return runCommand(options, signal).then(
    (output) => {
      throw new Error(`It did not fail: ${output}`)
    },
    (error) => error,
  )
}

/**
 * A command whose child connects here, and holds standard output open, while the command itself goes on with `code`.
 */
async function withGrandchild(code: string): Promise<{ command: string[]; grandchild: Promise<Socket> }> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const grandchild = once(server, 'connection').then(([socket]: Socket[]) => {
    server.close()
    return socket?.on('error', () => {}).resume() as Socket
  })
  const start = `
    const code = 'require("node:net").connect(${port}, "127.0.0.1").resume()'
    require('node:child_process').spawn(process.execPath, ['-e', code], { stdio: 'inherit' })`
  return { command: script(`${start}\n${code}`), grandchild }
}

describe.concurrent('runCommand()', () => {
  it('returns standard output, trimmed, and closes standard input', async () => {
    const code = `process.stdin.resume().on('end', () => console.log('  token \\n'))`
    expect(await runCommand({ command: script(code) })).toBe('token')
  })

  it('refuses unknown options by their names', async () => {
    const options = { command: script('console.log(1)'), timeout: 5 } as object
    await expect(runCommand(options as never)).rejects.toThrow(
      new TypeError(
        'runCommand: unknown option "timeout"; it has command, cwd, env, timeoutMs; did you mean timeoutMs?',
      ),
    )
  })

  it('keeps arguments as they are: no shell sees them', async () => {
    const args = [
      'a b',
      '',
      '"',
      "'",
      '$(id)',
      '`id`',
      ';exit 1',
      '&& id',
      '| id',
      '*',
      '~',
      '%PATH%',
      '\\',
      'é☃',
      '\n',
    ]
    const command = script('process.stdout.write(JSON.stringify(process.argv.slice(1)))', ...args)
    expect(JSON.parse(await runCommand({ command }))).toEqual(args)
  })

  it('passes the environment that it is given, and no other', async () => {
    const code = `process.stdout.write([process.env.GIVEN, process.env.HOME, process.env.GONE].join())`
    const env = { GIVEN: 'yes', GONE: undefined, SYSTEMROOT: process.env['SYSTEMROOT'] }
    expect(await runCommand({ command: script(code), env })).toBe('yes,,')
  })

  it.skipIf(isWindows)(
    'finds a bare name in the PATH of its environment, a relative one from cwd',
    async () => {
      const env = { PATH: `${folder}:/usr/bin:/bin` }
      expect(await runCommand({ command: ['get-token', 'x y'], env })).toBe(`here ${process.cwd()} 1`)
      expect(await runCommand({ command: ['./get-token'], cwd: folder })).toMatch(
        /^here .*outbound-auth-\w+ 0$/,
      )
      expect(await failureOf({ command: ['get-token'], cwd: folder })).toMatchObject({
        code: 'ERR_AUTH_COMMAND_NOT_FOUND',
      })
    },
  )

  it.each<[string, () => CommandOptions]>([
    ['a program that is nowhere', () => ({ command: ['no-such-program', 's3cr3t'] })],
    ['a folder that is nowhere', () => ({ command: [node], cwd: join(folder, 'nowhere') })],
    ['a cwd that is a file', () => ({ command: [node, 's3cr3t'], cwd: join(folder, 'plain.txt') })],
    ['a file that cannot be executed', () => ({ command: [join(folder, 'plain.txt'), 's3cr3t'] })],
    ['a folder in place of a program', () => ({ command: [folder] })],
    ['arguments that are too long', () => ({ command: [node, 's3cr3t'.repeat(500_000)] })],
  ])('cannot start %s', async (_, options) => {
    const error = await failureOf(options())
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_COMMAND_NOT_FOUND' })
    expect(error.message).toMatch(/^The credential command [\w.…-]+ cannot be started: /)
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cr3t')
  })

  it.runIf(process.platform === 'linux')(
    'says that a start may succeed later when the program is busy',
    async () => {
      const file = join(folder, 'being-written')
      writeFileSync(file, '#!/bin/sh\n', { mode: 0o700 })
      const writer = openSync(file, 'r+')
      try {
        const error = await failureOf({ command: [file, 's3cr3t'] })
        expect(error).toMatchObject({
          kind: 'transient',
          code: 'ERR_AUTH_COMMAND_FAILED',
          cause: { code: 'ETXTBSY' },
        })
        expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cr3t')
      } finally {
        closeSync(writer)
      }
    },
  )

  it.each([
    ['nothing', '', 'wrote nothing to standard output'],
    ['only blanks', 'process.stdout.write(" \\n\\t")', 'wrote nothing to standard output'],
    ['what is not UTF-8', 'process.stdout.write(Buffer.from([0x61, 0xff]))', 'not UTF-8'],
    ['half a character', 'process.stdout.write(Buffer.from([0x61, 0xe2, 0x98]))', 'not UTF-8'],
    [
      'more than 64 KiB',
      'process.stdout.write("a".repeat(65537)); setTimeout(() => {}, 60000)',
      'more than 65536',
    ],
  ])('refuses a command that writes %s', async (_, code, message) => {
    const error = await failureOf({ command: script(code) })
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_COMMAND_OUTPUT' })
    expect(error.message).toContain(message)
  })

  it('takes output of 64 KiB', async () => {
    expect(await runCommand({ command: script('process.stdout.write("a".repeat(65536))') })).toHaveLength(
      65_536,
    )
  })

  it('tells how a command failed, in plain words of its standard error', async () => {
    const file = join(folder, 'fail.cjs')
    writeFileSync(file, `console.error('ERROR: You are not logged in.'); process.exitCode = 3`)
    const error = await failureOf({ command: [node, file], env: {} })
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_COMMAND_FAILED', retryable: true })
    expect(error.message).toBe(
      'The credential command node exited with status 3: ERROR: You are not logged in.',
    )
  })

  it.skipIf(isWindows)('tells which signal ended a command', async () => {
    const error = await failureOf({ command: script(`process.kill(process.pid, 'SIGTERM')`) })
    expect(error.message).toBe('The credential command node was ended by SIGTERM')
  })

  it('does not show what looks like a secret in the place of a program', async () => {
    const error = await failureOf({ command: ['sk-ant-api03-0123456789abcdef'] })
    expect(error.message).toMatch(/^The credential command … cannot be started/)
  })

  it('hides plain words that it was given or has printed, whatever they mean', async () => {
    const file = join(folder, 'tell.cjs')
    writeFileSync(
      file,
      `process.stdout.write('walrus'); process.exitCode = 1
      console.error('refused', process.argv[2], 'by', process.env.PASSPHRASE, 'and', 'walrus', 'indeed')`,
    )
    const error = await failureOf({ command: [node, file, 'hunter'], env: { PASSPHRASE: 'horse' } })
    expect(error.message).toBe(
      'The credential command node exited with status 1: refused … by … and … indeed',
    )
  })

  it('lets no secret into an error, whatever a command says on its way out', async () => {
    const secrets = [
      'sk-live-4242abcdef',
      'eyJhbGciOi.eyJzdWIi.c2ln',
      'hunter',
      'Correct',
      'AKIAIOSFODNN7EXAMPLE',
    ]
    const [apiKey = '', token, word = '', passphrase = '', accessKey] = secrets
    const code = `
      process.stdout.write('${word} ')
      console.error('bad key ${apiKey}; ${token} for "${word}", (${passphrase}) horse ${accessKey} ftp://u:${word}@h/')
      console.error('x'.repeat(200000) + '${apiKey}')
      process.exitCode = 1`
    const env = { PASSPHRASE: `${passphrase} horse`, PATH: process.env['PATH'] }
    const error = await failureOf({ command: script(code, apiKey), env })
    expect(error.code).toBe('ERR_AUTH_COMMAND_FAILED')
    const shown = [
      inspect(error, { depth: null, showHidden: true }),
      JSON.stringify(error),
      String(error),
    ].join()
    for (const secret of [...secrets, 'horse']) expect(shown).not.toContain(secret)
    expect(error.message.length).toBeLessThan(400)
  })

  it.each<[unknown, string]>([
    [[], 'an array'],
    [[''], 'an array'],
    [[' '], 'an array'],
    [['a\0b'], 'an array'],
    [['a', 5], 'an array'],
    [[5], 'an array'],
    ['node', 'a string'],
    [undefined, 'undefined'],
  ])('refuses %j in place of a command', async (command, came) => {
    const message = `runCommand: command must be a list of strings without NUL, the program first, got ${came}`
    const error = await failureOf({ command } as never)
    expect(error).toEqual(new TypeError(message))
    expect(error).toMatchObject({ option: 'command' })
  })

  it.each([
    [0, '0'],
    [0.5, '0.5'],
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'a number'],
    [2 ** 31, 'a number'],
  ])('refuses a timeoutMs of %d', async (timeoutMs, came) => {
    const message = `runCommand: timeoutMs must be a number from 1 to 2147483647, got ${came}`
    expect(await failureOf({ command: [node], timeoutMs })).toEqual(new TypeError(message))
  })

  it('refuses a cwd that is no string', async () => {
    const error = await failureOf({ command: [node], cwd: 5 } as never)
    expect(error).toEqual(new TypeError('runCommand: cwd must be the path of a folder, got 5'))
    expect(error).toMatchObject({ option: 'cwd' })
  })

  it('does not start anything for a caller that aborts at once', async () => {
    const caller = new AbortController()
    const failure = failureOf({ command: ['no-such-program'] }, caller.signal)
    caller.abort('enough')
    expect(await failure).toBe('enough')
  })

  it('does not start anything for a caller that has aborted', async () => {
    const reason = new Error('no')
    expect(await failureOf({ command: ['no-such-program'] }, AbortSignal.abort(reason))).toBe(reason)
  })

  it('ends after timeoutMs also when only a grandchild holds the output, and kills it', async () => {
    const { command, grandchild } = await withGrandchild('setTimeout(() => process.exit(0), 50)')
    const error = await failureOf({ command, timeoutMs: 2000 })
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_COMMAND_TIMEOUT' })
    expect(error.message).toBe('The credential command node did not end within 2000 ms')
    const socket = await grandchild
    if (!socket.closed) await once(socket, 'close')
  })

  it('kills the whole tree when its caller aborts, and rejects with the reason', async () => {
    const { command, grandchild } = await withGrandchild('setTimeout(() => {}, 60000)')
    const caller = new AbortController()
    const reason = { why: 'enough' }
    const failure = failureOf({ command, timeoutMs: 20_000 }, caller.signal)
    const socket = await grandchild
    expect(socket.closed).toBe(false)
    caller.abort(reason)
    expect(await failure).toBe(reason)
    if (!socket.closed) await once(socket, 'close')
  })

  it('leaves no listener on the signal of a caller', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const added = vi.spyOn(signal, 'addEventListener')
    await runCommand({ command: script('console.log(1)') }, signal)
    expect(removed.mock.calls.map(([name]) => name)).toEqual(added.mock.calls.map(([name]) => name))
    expect(added).toHaveBeenCalledOnce()
  })
})
