import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { run } from '../src/index.js'
import { CommandError } from '../src/lib/command-error.js'
import { shellWord } from '../src/lib/escape-controls.js'
import { folder, loopback } from './loopback.js'
import { runCli } from './run-cli.js'
import { hasOpenssl, tlsLoopback } from './tls-loopback.js'

const none = (origin: string) => `[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "${origin}"\n`
const bearer = (token: string) =>
  `[providers.x]\nkind = "bearer"\ntoken = ${token}\nbase_url = "https://a.example"\n`

/** A mistake that needs no server: the file, the command line, the exit code, the message and what to do. */
interface Mistake {
  readonly toml?: string
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly code: number
  readonly says: string
  readonly remedy: string
}

const expired = `eyJhbGciOiJub25lIn0.${Buffer.from('{"exp":978307200}').toString('base64url')}.c2ln`

const mistakes: Readonly<Record<string, Mistake>> = {
  'a typo in a command': {
    words: ['reqest', 'x'],
    code: 2,
    says: 'no command reqest',
    remedy: 'did you mean request?',
  },
  'a typo in a command of two words': {
    words: ['agnet', 'x'],
    code: 2,
    says: 'no command agnet',
    remedy: 'did you mean agent?',
  },
  'a typo in an option': {
    words: ['request', 'x', '--proviser', 'y'],
    code: 2,
    says: 'no option --proviser',
    remedy: 'did you mean --provider?',
  },
  'a typo in a provider': {
    words: ['request', 'x', '--provider', 'opneai'],
    code: 2,
    says: '"opneai"',
    remedy: 'Did you mean --provider openai?',
  },
  'a typo in a configured provider': {
    toml: bearer('"t"').replace('providers.x', 'providers.gateway'),
    words: ['request', 'x', '--provider', 'gatway'],
    code: 2,
    says: 'configured: gateway',
    remedy: 'Did you mean --provider gateway?',
  },
  'a typo in a variable of the file': {
    toml: bearer('{ env = "GATEWAY_TOKNE" }'),
    words: ['request', 'x'],
    env: { GATEWAY_TOKEN: 'SECRET' },
    code: 3,
    says: 'outbound-auth.toml:3: providers.x.token: ',
    remedy: 'GATEWAY_TOKEN is set; did you mean it?',
  },
  'a typo in the variable of a preset': {
    words: ['request', 'https://api.openai.com/v1/models'],
    env: { OPENAI_APIKEY: 'SECRET' },
    code: 2,
    says: 'OPENAI_APIKEY is set',
    remedy: 'did you mean OPENAI_API_KEY?',
  },
  'a URL without a scheme': {
    words: ['request', 'api.openai.com/v1/models'],
    code: 2,
    says: 'looks like a host',
    remedy: 'did you forget https://',
  },
  'a host alone': {
    words: ['request', 'api.openai.com'],
    code: 2,
    says: 'looks like a host',
    remedy: 'did you forget https://',
  },
  'a URL that begins with slashes': {
    words: ['request', '//api.openai.com/x'],
    code: 2,
    says: 'has no scheme',
    remedy: 'did you forget https://',
  },
  'a host with a port': {
    words: ['request', 'localhost:8080/x'],
    code: 2,
    says: 'looks like a host',
    remedy: 'did you forget https://',
  },
  'a URL of another scheme': {
    words: ['request', 'ftp://a.example/'],
    code: 2,
    says: 'Not a URL',
    remedy: 'http:// or https://',
  },
  'a URL with a password': {
    words: ['request', 'https://a:SECRET@a.example/'],
    code: 2,
    says: 'no user name or password',
    remedy: 'use -u or a provider',
  },
  'plain http to another machine': {
    toml: bearer('"t"').replace('https:', 'http:'),
    words: ['request', 'x'],
    code: 3,
    says: 'ERR_AUTH_INSECURE_TRANSPORT',
    remedy: 'https',
  },
  'no file': {
    words: ['request', 'models'],
    code: 2,
    says: 'there is no outbound-auth.toml in /',
    remedy: 'add --provider NAME',
  },
  'a file that is not TOML': {
    toml: 'a = \n',
    words: ['request', 'x'],
    code: 2,
    says: 'outbound-auth.toml:1: not valid TOML',
    remedy: 'column',
  },
  'a wrong kind': {
    toml: bearer('"t"').replace('"bearer"', '"baerer"'),
    words: ['request', 'x'],
    code: 2,
    says: 'outbound-auth.toml:2:',
    remedy: 'kind must be one of',
  },
  'an unknown key': {
    toml: `${bearer('"t"')}tokne = 1\n`,
    words: ['request', 'x'],
    code: 2,
    says: 'outbound-auth.toml:5: "tokne"',
    remedy: 'there are preset, kind',
  },
  'a contradiction': {
    toml: `${bearer('"t"')}timeout_ms = 1\n`,
    words: ['request', 'x'],
    code: 2,
    says: 'outbound-auth.toml:5: timeout_ms',
    remedy: 'nothing is fetched',
  },
  'an expired token': {
    toml: bearer('{ env = "T" }'),
    words: ['token'],
    env: { T: expired },
    code: 4,
    says: 'expired at 2001-01-01',
    remedy: 'Get a new credential',
  },
  'a server that is down': {
    toml: none('http://127.0.0.1:9'),
    words: ['request', 'x'],
    code: 5,
    says: 'Cannot reach http://127.0.0.1:9',
    remedy: 'heck',
  },
  'a name that DNS does not know': {
    words: ['request', 'https://no-such-host.invalid/', '-u', 'a:SECRET'],
    code: 5,
    says: 'Cannot reach https://no-such-host.invalid: DNS',
    remedy: 'Check',
  },
  'a proxy that is down': {
    words: ['request', 'https://a.invalid/', '-u', 'a:SECRET'],
    env: { HTTPS_PROXY: 'http://user:SECRET@127.0.0.1:9' },
    code: 5,
    says: 'through the proxy of HTTPS_PROXY',
    remedy: 'heck',
  },
}

test.each(Object.entries(mistakes))('%s', async (_, { toml, words, env = {}, code, says, remedy }) => {
  const cwd = folder(toml === undefined ? {} : { 'outbound-auth.toml': toml })
  const result = await runCli(words, { cwd, env })
  expect({ ...result, code: result.code }).toMatchObject({
    code,
    out: '',
    err: expect.stringContaining(says),
  })
  expect(result.err).toContain(remedy)
  expect(result.err).toMatch(/^outbound-auth: .* \([A-Z_]+\)\n$/)
  expect(result.err).not.toContain('SECRET')
  const json = await runCli([...words, '--json'], { cwd, env })
  expect(json.code).toBe(code)
  expect(JSON.parse(json.err.trim().split('\n').at(-1) ?? '').error.message).toContain(remedy)
})

test.each([
  [401, 'outbound-auth doctor'],
  [403, 'check its rights'],
  [404, 'Check the path'],
  [429, 'Wait'],
  [500, 'try again later'],
])('a response with the status %i', async (status, remedy) => {
  const { origin } = await loopback((_, response) => response.writeHead(status).end('body'))
  const { code, out, err } = await runCli(['request', 'x'], {
    cwd: folder({ 'outbound-auth.toml': none(origin) }),
  })
  expect({ code, out, err }).toMatchObject({ code: 1, out: 'body', err: expect.stringContaining(remedy) })
})

test.skipIf(!hasOpenssl)('a certificate that is not trusted', async () => {
  const { origin } = await tlsLoopback()
  const { code, err } = await runCli(['request', `${origin}/x`, '-u', 'a:SECRET'])
  expect({ code, err }).toMatchObject({ code: 5, err: expect.stringContaining('--cacert FILE') })
})

test('a binary body, 64 MiB, a stream of events, and standard input pass through unchanged', async () => {
  const large = Buffer.alloc(2 ** 26, 7)
  const { origin, seen } = await loopback(({ url }, response) => {
    if (url === '/large') response.end(large)
    else if (url === '/events')
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\ndata: 2\n\n')
    else response.end(Buffer.from([0, 255, 27]))
  })
  const cwd = folder({ 'outbound-auth.toml': none(origin) })
  let size = 0
  const stdout = new Writable({
    write(chunk, _, done) {
      size += chunk.length
      done()
    },
  })
  expect(await runCli(['request', 'large'], { cwd, stdout })).toMatchObject({ code: 0, err: '' })
  expect(size).toBe(2 ** 26)
  expect((await runCli(['request', 'events'], { cwd })).out).toBe('data: 1\n\ndata: 2\n\n')
  const raw = new PassThrough()
  const io = { stdout: raw, stderr: new PassThrough(), stdin: raw, env: { OUTBOUND_AUTH_TRUST: '1' }, cwd }
  expect(await run(['request', 'binary'], io)).toBe(0)
  expect(raw.read()).toEqual(Buffer.from([0, 255, 27]))
  await runCli(['request', 'x', '-d', '@-'], { cwd, input: 'from standard input' })
  expect(seen.at(-1)?.body).toBe('from standard input')
})

test('a reader that has gone (EPIPE) is no error, and Ctrl-C is 130', async () => {
  const { origin } = await loopback((_, response) => response.end('x'.repeat(1000)))
  const cwd = folder({ 'outbound-auth.toml': none(origin) })
  const gone = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  })
  expect(await runCli(['request', 'x'], { cwd, stdout: gone })).toMatchObject({ code: 0, err: '' })
  const interrupt = new AbortController()
  const options = {
    class: 'interrupted',
    code: 'ERR_CLI_INTERRUPTED',
    kind: 'aborted',
    exitCode: 130,
  } as const
  interrupt.abort(new CommandError('Interrupted by SIGINT', options))
  expect(await runCli(['request', 'x'], { cwd, signal: interrupt.signal })).toMatchObject({ code: 130 })
})

test('an untrusted folder, and a secret that others can read', async () => {
  const { origin } = await loopback()
  const cwd = folder({
    'outbound-auth.toml': `[providers.x]\nkind = "bearer"\ntoken = { file = "t" }\nbase_url = "${origin}"\n`,
    t: 'token',
  })
  const untrusted = await runCli(['request', 'x'], { cwd, env: { HOME: folder() }, isTrusted: false })
  expect(untrusted).toMatchObject({
    code: 2,
    err: expect.stringContaining(`outbound-auth trust ${shellWord(`${cwd}/outbound-auth.toml`)}`),
  })
  chmodSync(join(cwd, 't'), 0o640)
  const readable = await runCli(['request', 'x'], { cwd })
  expect(readable).toMatchObject({
    code: 0,
    err: expect.stringContaining(`Run: chmod 600 ${shellWord(`${cwd}/t`)}`),
  })
})
