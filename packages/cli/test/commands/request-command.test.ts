import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { run } from '../../src/index.js'
import { CommandError } from '../../src/lib/command-error.js'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const token = 'SECRET-t0ken'

/** A folder whose outbound-auth.toml has one bearer provider for this origin. */
function configured(origin: string, more = ''): string {
  const text = `[providers.api]\nkind = "bearer"\ntoken = { env = "T" }\nbase_url = "${origin}/v1"\n${more}`
  return folder({ 'outbound-auth.toml': text })
}

const env = { T: token }

test('request sends an authenticated GET and prints the body alone', async () => {
  const { origin, seen } = await loopback()
  const { code, out, err } = await runCli(['request', 'models'], { cwd: configured(origin), env })
  expect({ code, out, err }).toEqual({ code: 0, out: '{"ok":true}', err: '' })
  expect(seen).toMatchObject([
    { method: 'GET', url: '/v1/models', headers: { authorization: `Bearer ${token}` } },
  ])
})

test('request takes a URL, a method and headers; the credential replaces that of the command line', async () => {
  const { origin, seen } = await loopback()
  const words = [
    'request',
    'delete',
    `${origin}/x?y=1`,
    '-H',
    'X-A: 1',
    '-H',
    'Authorization: Bearer mine',
    '-H',
    'x-a:2',
  ]
  expect(await runCli(words, { cwd: configured(origin), env })).toMatchObject({ code: 0 })
  expect(seen).toMatchObject([
    { method: 'DELETE', url: '/x?y=1', headers: { 'x-a': '1, 2', authorization: `Bearer ${token}` } },
  ])
})

const bodies: readonly [name: string, words: readonly string[], type: string, body: string][] = [
  ['JSON', ['-d', '{"a":1}'], 'application/json', '{"a":1}'],
  ['a form', ['-d', 'a=1&b=2'], 'application/x-www-form-urlencoded', 'a=1&b=2'],
  ['a type of its own', ['-d', '{}', '-H', 'Content-Type: text/x'], 'text/x', '{}'],
  ['a file, byte for byte', ['-d', '@body.txt'], 'application/x-www-form-urlencoded', 'line 1\nline 2\n'],
  ['standard input', ['-d', '@-'], 'application/json', '[1]\n'],
  ['nothing', ['--data='], 'application/x-www-form-urlencoded', ''],
]

test.each(bodies)('request -d posts %s', async (_, words, type, body) => {
  const { origin, seen } = await loopback()
  const config = `[providers.api]\nkind = "none"\nreason = "r"\nbase_url = "${origin}"\n`
  const cwd = folder({ 'outbound-auth.toml': config, 'body.txt': 'line 1\nline 2\n' })
  expect(await runCli(['request', ...words, 'x'], { cwd, input: '[1]\n' })).toMatchObject({ code: 0 })
  expect(seen).toMatchObject([{ method: 'POST', body, headers: { 'content-type': type } }])
})

test('request takes the usual methods in any case, and any other in capitals', async () => {
  const { origin, seen } = await loopback()
  const methods = ['get', 'Head', 'post', 'put', 'patch', 'Delete', 'options', 'PROPFIND', 'M-SEARCH']
  for (const method of methods) await runCli(['request', method, 'x'], { cwd: configured(origin), env })
  expect(seen.map(({ method }) => method)).toEqual(methods.map((method) => method.toUpperCase()))
})

test('request puts with -d when the method says so', async () => {
  const { origin, seen } = await loopback()
  expect(await runCli(['request', 'PUT', 'x', '-d', '1'], { cwd: configured(origin), env })).toMatchObject({
    code: 0,
  })
  expect(seen[0]?.method).toBe('PUT')
})

test('request prints each event of a stream when it arrives', async () => {
  let finish = () => {}
  const { origin } = await loopback((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    finish = () => response.end('data: 2\n\n')
  })
  const stdout = new PassThrough()
  const trusted = { ...env, OUTBOUND_AUTH_TRUST: '1' }
  const io = { stdout, stderr: stdout, stdin: stdout, env: trusted, cwd: configured(origin) }
  const done = run(['request', 'x'], io)
  await once(stdout, 'readable')
  expect(String(stdout.read())).toBe('data: 1\n\n')
  finish()
  expect(await done).toBe(0)
  expect(String(stdout.read())).toBe('data: 2\n\n')
})

test('request -i prints status and headers first', async () => {
  const { origin } = await loopback((_, response) =>
    response.writeHead(201, 'Made', { 'x-b': '2', 'set-cookie': ['a=1', 'b=2'] }).end('body'),
  )
  const { out } = await runCli(['request', '-i', 'x'], { cwd: configured(origin), env })
  expect(out).toMatch(/^HTTP 201 Made\n(?:[\w-]+: .*\n)*x-b: 2\n\nbody$/)
  expect(out).toContain('set-cookie: a=1\nset-cookie: b=2\n')
})

test('request -v shows the decision, the request without its secrets, and the status', async () => {
  const { origin } = await loopback()
  const cwd = configured(
    origin,
    'headers = { x-team = "search", x-org = { env = "ORG" } }\nquery = { v = "1" }',
  )
  const words = ['request', '-v', 'x?key=SECRET-q', '-H', 'X-Mine: SECRET-m', '-H', 'accept: text/x']
  const { out, err } = await runCli(words, { cwd, env: { ...env, ORG: 'SECRET-org' } })
  expect(out).toBe('{"ok":true}')
  expect(err.split('\n').sort()).toEqual(
    [
      '',
      `* provider api (outbound-auth.toml:1): bearer in header authorization from environment variable T, for ${origin}`,
      `> GET ${origin}/v1/x?key=[redacted]&v=1`,
      '> x-mine: [redacted]',
      '> accept: text/x',
      '> x-team: search',
      '> x-org: [redacted]',
      '> authorization: [redacted]',
      '< 200 OK',
    ].sort(),
  )
})

test('request recovers once from a rejected token, and -v tells it', async () => {
  const { origin, seen } = await loopback((request, response) =>
    response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : 401).end(),
  )
  const text = `[providers.api]\nkind = "bearer"\ntoken = { file = "t" }\nbase_url = "${origin}"`
  const cwd = folder({ 'outbound-auth.toml': text, t: 'old' })
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await globalThis.fetch(input, init)
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(cwd, 't'), 'new')
    return response
  }
  const { code, err } = await runCli(['request', '-v', 'x'], { cwd, fetch })
  expect(code).toBe(0)
  expect(seen).toHaveLength(2)
  expect(err).toContain(
    '* the bearer credential was rejected with 401: there is another credential, sending again\n',
  )
  expect(err).toContain('< 401 Unauthorized\n')
})

test('request prints the body of an HTTP error, says which credential was sent, and exits with 1', async () => {
  const { origin } = await loopback((_, response) =>
    response.writeHead(403, { 'retry-after': '1' }).end('{"no":1}'),
  )
  const { code, out, err } = await runCli(['request', 'x'], { cwd: configured(origin), env })
  expect({ code, out }).toEqual({ code: 1, out: '{"no":1}' })
  expect(err).toBe(
    `outbound-auth: GET ${origin}/v1/x was answered with 403 Forbidden; sent with api (outbound-auth.toml:1): bearer in header authorization from environment variable T, for ${origin}. The server knows the credential, and it may not do this: check its rights, project and region (ERR_CLI_HTTP_STATUS)\n`,
  )
})

test('request says why no credential was sent when a server wants one', async () => {
  const { origin } = await loopback((_, response) => response.writeHead(401).end())
  const cwd = folder({
    'outbound-auth.toml': `[providers.x]\nkind = "none"\nreason = "it is local"\nbase_url = "${origin}"`,
  })
  const { code, err } = await runCli(['request', 'y'], { cwd })
  expect(code).toBe(1)
  expect(err).toContain('401 Unauthorized; sent with x (outbound-auth.toml:1): none (it is local)')
})

test('request --json prints one object, and an HTTP error as JSON on standard error', async () => {
  const { origin } = await loopback((_, response) =>
    response
      .writeHead(429, { 'x-left-tokens': '3', 'set-cookie': ['a=SECRET', 'b=SECRET'], 'x-api-key': 'SECRET' })
      .end('später'),
  )
  const { code, out, err } = await runCli(['request', '--json', '-i', 'x'], { cwd: configured(origin), env })
  expect(code).toBe(1)
  const shown = JSON.parse(out)
  expect(shown).toMatchObject({
    status: 429,
    url: `${origin}/v1/x`,
    provider: 'api',
    kind: 'bearer',
    reason: `bearer in header authorization from environment variable T, for ${origin}`,
    attempts: 1,
    headers: { 'x-left-tokens': '3', 'set-cookie': ['[redacted]', '[redacted]'], 'x-api-key': '[redacted]' },
    body: 'später',
    bodyEncoding: 'utf8',
  })
  expect(out).not.toContain('SECRET')
  expect(JSON.parse(err)).toEqual({
    error: {
      code: 'ERR_CLI_HTTP_STATUS',
      kind: 'http',
      class: 'http',
      message: expect.stringContaining('429'),
    },
  })
})

test('request --json gives a body that is not text as base64', async () => {
  const { origin } = await loopback((_, response) => response.end(Buffer.from([0xff, 0xfe])))
  const { out } = await runCli(['request', '--json', 'x'], { cwd: configured(origin), env })
  expect(JSON.parse(out)).toMatchObject({ body: '//4=', bodyEncoding: 'base64' })
})

test('request prints nothing for a response without a body', async () => {
  const { origin } = await loopback((_, response) => response.writeHead(204).end())
  expect(await runCli(['request', 'HEAD', 'x'], { cwd: configured(origin), env })).toEqual({
    code: 0,
    out: '',
    err: '',
  })
})

test('request exits with 5 when the server cannot be reached, or breaks off', async () => {
  const refused = await runCli(['request', 'x', '--json'], { cwd: configured('http://127.0.0.1:1'), env })
  expect(refused.code).toBe(5)
  expect(JSON.parse(refused.err).error).toMatchObject({
    kind: 'network',
    class: 'network',
    message: expect.stringContaining('Cannot reach http://127.0.0.1:1'),
  })
  const { origin } = await loopback((_, response) => {
    response.write('half')
    setTimeout(() => response.destroy(), 20)
  })
  const { code, out, err } = await runCli(['request', 'x'], { cwd: configured(origin), env })
  expect({ code, out }).toEqual({ code: 5, out: 'half' })
  expect(err).toBe(
    'outbound-auth: The response broke off: the server closed the connection. Try again; if it stays so, check the URL and the port (UND_ERR_SOCKET)\n',
  )
})

test('request tells a time-out from other network errors, and shows no foreign text', async () => {
  const failing = (error: unknown) => () => Promise.reject(error)
  const cwd = configured('http://127.0.0.1:1')
  const late = Object.assign(new TypeError(`fetch failed ${token}`), {
    cause: { code: 'UND_ERR_CONNECT_TIMEOUT' },
  })
  const { code, err } = await runCli(['request', 'x', '--json'], { cwd, env, fetch: failing(late) })
  expect(code).toBe(5)
  expect(JSON.parse(err).error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', kind: 'timeout' })
  const odd = await runCli(['request', 'x'], { cwd, env, fetch: failing(new Error(token)) })
  expect(odd).toEqual({
    code: 5,
    out: '',
    err: 'outbound-auth: Cannot reach http://127.0.0.1:1. Check the URL and the network, and try again (ERR_CLI_NETWORK)\n',
  })
})

test('request ends at once when it is interrupted, before and in the middle of the response', async () => {
  const interrupt = new AbortController()
  const { origin } = await loopback((_, response) => {
    response.write('half')
    setTimeout(() => interrupt.abort(interrupted), 20)
  })
  const interrupted = new CommandError('Interrupted', {
    class: 'interrupted',
    code: 'ERR_CLI_INTERRUPTED',
    kind: 'aborted',
  })
  const { code, out, err } = await runCli(['request', 'x'], {
    cwd: configured(origin),
    env,
    signal: interrupt.signal,
  })
  expect({ code, out }).toEqual({ code: 130, out: 'half' })
  expect(err).toBe('outbound-auth: Interrupted (ERR_CLI_INTERRUPTED)\n')
  const never = new PassThrough()
  const late = new AbortController()
  setTimeout(() => late.abort(interrupted), 20)
  expect(
    await runCli(['request', 'x', '-d', '@-'], {
      cwd: configured(origin),
      env,
      stdin: never,
      signal: late.signal,
    }),
  ).toMatchObject({ code: 130 })
  const before = await runCli(['request', 'x', '-d', '@-'], {
    cwd: configured(origin),
    env,
    signal: late.signal,
    stdin: never,
  })
  expect(before.code).toBe(130)
})

test('request sends nothing to an origin that the provider does not allow', async () => {
  const { origin, seen } = await loopback()
  const { code, err } = await runCli(['request', '--provider', 'api', `${origin}/x`], {
    cwd: configured('http://127.0.0.1:1'),
    env,
  })
  expect(code).toBe(3)
  expect(err).toContain('(ERR_AUTH_ORIGIN)')
  expect(seen).toEqual([])
})

test('request tells before sending that a found file takes a known key elsewhere', async () => {
  const { origin } = await loopback()
  const text = `[providers.x]\npreset = "openai"\nbase_url = "${origin}"\ntoken = { env = "OPENAI_API_KEY" }`
  const cwd = folder({ 'outbound-auth.toml': text })
  const known = { OPENAI_API_KEY: token }
  const found = await runCli(['request', 'x'], { cwd, env: known })
  expect(found).toMatchObject({ code: 0 })
  expect(found.err).toBe(
    `outbound-auth: note: outbound-auth.toml:1 sends OPENAI_API_KEY, the key of https://api.openai.com, to ${origin}\n`,
  )
  expect(await runCli(['request', 'x', '--config', 'outbound-auth.toml'], { cwd, env: known })).toMatchObject(
    { err: '' },
  )
})

test('request exits with 3 or 4 when the credential fails for good or for now', async () => {
  const { origin, seen } = await loopback()
  const missing = await runCli(['request', 'x'], { cwd: configured(origin) })
  expect(missing.code).toBe(3)
  expect(missing.err).toContain('(ERR_AUTH_MISSING_ENV)')
  const command = JSON.stringify([process.execPath, '-e', 'process.exit(1)'])
  const text = `[providers.c]\nkind = "bearer"\ntoken = { command = ${command} }\nbase_url = "${origin}"`
  const failing = await runCli(['request', 'x', '--json'], {
    cwd: folder({ 'outbound-auth.toml': text }),
    env: process.env,
  })
  expect(failing.code).toBe(4)
  expect(JSON.parse(failing.err).error).toMatchObject({
    code: 'ERR_AUTH_COMMAND_FAILED',
    kind: 'transient',
    class: 'auth',
  })
  expect(seen).toEqual([])
})

const usage: readonly [words: readonly string[], problem: string][] = [
  [[], 'The URL or path is missing'],
  [['GET'], 'The URL or path is missing'],
  [['GET', 'a', 'b'], 'Too many arguments: [METHOD] URL|PATH'],
  [['G T', 'a'], 'METHOD must be an HTTP method'],
  [['trace', 'a'], 'METHOD must be an HTTP method'],
  [['models', 'extra'], 'METHOD must be an HTTP method'],
  [['Propfind', 'a'], 'METHOD must be an HTTP method'],
  [['SECRET_1', 'a'], 'METHOD must be an HTTP method'],
  [['TRACE', 'a'], 'A TRACE request cannot be sent'],
  [['../x'], 'The path leaves the base URL'],
  [['GET', 'a', '-d', '1'], 'A GET request has no body: remove -d'],
  [['a', '-H', 'SECRET'], "Each -H must be 'Name: value', without line breaks"],
  [['a', '-H', 'b c: SECRET'], "Each -H must be 'Name: value'"],
  [['a', '-H', 'b: SECRET\nx: 1'], "Each -H must be 'Name: value'"],
  [['a', '-d', '@missing'], 'Cannot read the data of -d from missing: ENOENT'],
  [
    ['a', '-d', '@/dev/zero'],
    'Cannot read the data of -d from /dev/zero: it is a character device, not a regular file',
  ],
  [['a', '--provider', 'x', '--provider', 'y'], '--provider was given twice: remove one'],
  [['localhost:1/x'], 'localhost:1 looks like a host'],
  [['ftp://a/SECRET'], 'Not a URL that begins with http:// or https://'],
]

test.each(usage)('request %j is a usage error', async (words, problem) => {
  const { code, out, err } = await runCli(['request', ...words], {
    cwd: configured('http://127.0.0.1:1'),
    env,
  })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(`outbound-auth: ${problem}`)
  expect(err).not.toContain('SECRET')
})

test('request says when standard input cannot be read, and takes text from it', async () => {
  const cwd = configured('http://127.0.0.1:1')
  const stdin = {
    async *[Symbol.asyncIterator]() {
      yield ''
      throw new Error('SECRET')
    },
  }
  const { code, err } = await runCli(['request', 'a', '-d', '@-'], { cwd, env, stdin })
  expect({ code, err }).toEqual({
    code: 2,
    err: 'outbound-auth: Cannot read the data of -d from standard input: read error. Check the name; text that begins with @ comes from a file or -d @- (ERR_CLI_USAGE)\n',
  })
  const { origin, seen } = await loopback()
  const text = new PassThrough({ encoding: 'utf8' })
  text.end('{"a":"é"}')
  expect(
    await runCli(['request', 'a', '-d', '@-'], { cwd: configured(origin), env, stdin: text }),
  ).toMatchObject({ code: 0 })
  expect(seen[0]?.body).toBe('{"a":"é"}')
})
