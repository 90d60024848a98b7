import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { run } from '../src/index.js'
import { folder, loopback } from './loopback.js'
import { runCli } from './run-cli.js'
import { hasOpenssl, tlsLoopback } from './tls-loopback.js'

function configured(origin: string): string {
  return folder({
    'outbound-auth.toml': `[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "${origin}"\n`,
    part: 'c=3\n',
  })
}

test('-X names the method, attached or not, and contradicts a method before the URL', async () => {
  const { origin, seen } = await loopback()
  const cwd = configured(origin)
  for (const words of [
    ['-XDELETE', 'x'],
    ['-X', 'delete', 'x'],
    ['x', '--request=PROPFIND'],
  ])
    expect(await runCli(['request', ...words], { cwd })).toMatchObject({ code: 0 })
  expect(seen.map(({ method }) => method)).toEqual(['DELETE', 'DELETE', 'PROPFIND'])
  const { code, err } = await runCli(['request', 'GET', 'x', '-X', 'POST'], { cwd })
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('remove -X') })
})

test('-u sends Basic authentication to the origin of the URL, and reads no file', async () => {
  const { origin, seen } = await loopback()
  const cwd = folder({ 'outbound-auth.toml': 'broken' })
  expect(
    await runCli(['request', `${origin}/x`, '-u', 'jörg:pass:word'], { cwd, isTrusted: false }),
  ).toMatchObject({ code: 0 })
  expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('jörg:pass:word').toString('base64')}`)
  const mistakes = [
    [['request', 'x', '-u', 'a:SECRET'], '-u needs a whole URL'],
    [['request', `${origin}/x`, '-u', 'SECRET'], 'write both, with a colon'],
    [['request', `${origin}/x`, '-u', 'a:SECRET', '--provider', 'openai'], 'remove -u'],
  ] as const
  for (const [words, message] of mistakes) {
    const { code, err } = await runCli(words, { cwd, isTrusted: false })
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) })
    expect(err).not.toContain('SECRET')
  }
  expect((await runCli(['headers', `${origin}/x`, '-u', 'a:SECRET'], { cwd })).out).not.toContain('SECRET')
})

test('-d more than once is joined with &, from text, files and standard input', async () => {
  const { origin, seen } = await loopback()
  const words = ['request', 'x', '-d', 'a=1', '-d', 'b=2', '-d', '@part', '-d', '@-']
  expect(await runCli(words, { cwd: configured(origin), input: 'd=4' })).toMatchObject({ code: 0, err: '' })
  expect(seen[0]).toMatchObject({ method: 'POST', body: 'a=1&b=2&c=3\n&d=4' })
  const twice = await runCli(['request', 'x', '-d', '@-', '-d', '@-'], { cwd: configured(origin) })
  expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('keep one -d @-') })
})

test.each(['{"a":1,}', ' [1', '{"a":1}&{"b":2}'])(
  'data %j that is nearly JSON goes as a form, with a hint',
  async (data) => {
    const { origin } = await loopback()
    const { code, err } = await runCli(['request', 'x', '-d', data], { cwd: configured(origin) })
    expect(code).toBe(0)
    expect(err).toContain('is not valid JSON, so it is sent as a form')
    const typed = await runCli(['request', 'x', '-d', data, '-H', 'content-type: text/x'], {
      cwd: configured(origin),
    })
    expect(typed.err).toBe('')
  },
)

test('-o writes the body to a file, and - is standard output', async () => {
  const bytes = Buffer.from([0, 27, 255])
  const { origin } = await loopback((_, response) => response.end(bytes))
  const cwd = configured(origin)
  expect(await runCli(['request', 'x', '-o', 'out.bin'], { cwd })).toEqual({ code: 0, out: '', err: '' })
  expect(readFileSync(join(cwd, 'out.bin'))).toEqual(bytes)
  for (const [words, message] of [
    [['-o', 'missing/out'], 'make it first'],
    [['-o', '.'], 'name a file in it'],
    [['-o', 'f', '--json'], 'remove -o or --json'],
  ] as const) {
    const { code, err } = await runCli(['request', 'x', ...words], { cwd })
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) })
  }
  expect(existsSync(join(cwd, 'f'))).toBe(false)
})

test('--max-time ends a request, a body and a credential command that take too long', async () => {
  const { origin } = await loopback(({ url }, response) => {
    if (url === '/body') response.write('half')
  })
  const cwd = configured(origin)
  for (const path of ['never', 'body']) {
    const { code, err } = await runCli(['request', path, '--max-time', '0.2', '--json'], { cwd })
    expect(code).toBe(5)
    expect(JSON.parse(err).error).toMatchObject({ code: 'ERR_CLI_TIMEOUT', kind: 'timeout' })
  }
  for (const limit of ['0', '-1', 'x', '1e3', '']) {
    const { code, err } = await runCli(['request', 'x', `--max-time=${limit}`], { cwd })
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('--max-time') })
  }
})

test('options of curl that are not needed or spelled otherwise get a hint', async () => {
  const hints = [
    ['-k', 'write --insecure in full'],
    ['-L', 'redirects are followed'],
    ['--data-raw', 'write -d'],
    ['--heder', 'did you mean --header?'],
    ['--max-tme', 'did you mean --max-time?'],
  ] as const
  for (const [option, hint] of hints) {
    const { code, err } = await runCli(['request', 'x', option])
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(hint) })
  }
})

/** A stream that says that it is a terminal. */
function terminal(): PassThrough & { isTTY: boolean } {
  return Object.assign(new PassThrough(), { isTTY: true })
}

test('a terminal sees the control characters of a body and of headers escaped', async () => {
  const { origin } = await loopback((_, response) => {
    response.writeHead(200, 'O\u009bK', { 'x-evil': '\u009b2Jred' })
    response.write('a\u001b[31mb\r')
    setTimeout(() => response.end(Buffer.from('\nc\u202ed\u0007\u0085ä')), 20)
  })
  const [stdout, stderr] = [terminal(), new PassThrough()]
  const io = {
    stdout,
    stderr,
    stdin: new PassThrough(),
    env: { OUTBOUND_AUTH_TRUST: '1' },
    cwd: configured(origin),
  }
  expect(await run(['request', 'x', '-i'], io)).toBe(0)
  const shown = String(stdout.read())
  expect(shown).toMatch(/^HTTP 200 O.K\n/)
  expect(shown).toContain('x-evil: \\x9b2Jred\n')
  expect(shown.endsWith('\n\na\\x1b[31mb\nc\\u202ed\\x07\\x85ä')).toBe(true)
})

test('a body that is not text is shown escaped on a terminal, with a note, and as bytes with -o -', async () => {
  const { origin } = await loopback((_, response) => response.end(Buffer.from([0, 27, 255])))
  const io = () => ({ stdout: terminal(), stderr: new PassThrough(), stdin: new PassThrough() })
  const rest = { env: { OUTBOUND_AUTH_TRUST: '1' }, cwd: configured(origin) }
  const escaped = io()
  expect(await run(['request', 'x'], { ...escaped, ...rest })).toBe(0)
  expect(String(escaped.stdout.read())).toBe('\\x00\\x1b\ufffd')
  expect(String(escaped.stderr.read())).toContain('write -o FILE')
  const raw = io()
  expect(await run(['request', 'x', '-o', '-'], { ...raw, ...rest })).toBe(0)
  expect(raw.stdout.read()).toEqual(Buffer.from([0, 27, 255]))
})

test('HTTPS_PROXY and HTTP_PROXY are used, but not for NO_PROXY and this machine; no password is shown', async () => {
  const asked: string[] = []
  const proxy = createServer((socket) => {
    socket.once('data', (data) => {
      asked.push(String(data).split('\r\n')[0] ?? '')
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  const env = { HTTPS_PROXY: `user:SECRET@127.0.0.1:${port}`, NO_PROXY: 'direct.invalid' }
  try {
    const far = await runCli(['request', 'https://api.example.invalid/x', '-u', 'a:b'], { env })
    expect(far).toMatchObject({
      code: 5,
      err: expect.stringContaining('through the proxy of HTTPS_PROXY: the proxy rejected'),
    })
    expect(far.err).not.toContain('SECRET')
    expect(asked).toEqual(['CONNECT api.example.invalid:443 HTTP/1.1'])
    const direct = await runCli(['request', 'https://direct.invalid/x', '-u', 'a:b'], { env })
    expect(direct.code).toBe(5)
    const { origin, seen } = await loopback()
    const all = { ...env, HTTP_PROXY: env.HTTPS_PROXY }
    expect((await runCli(['request', `${origin}/x`, '-u', 'a:b'], { env: all })).code).toBe(0)
    expect({ seen: seen.length, asked: asked.length }).toEqual({ seen: 1, asked: 1 })
    const bad = await runCli(['request', 'https://x.invalid/', '-u', 'a:b'], {
      env: { https_proxy: 'ftp://SECRET' },
    })
    expect(bad).toMatchObject({ code: 2, err: expect.stringContaining('https_proxy must be a URL') })
    expect(bad.err).not.toContain('SECRET')
  } finally {
    proxy.close()
  }
})

test.skipIf(!hasOpenssl)(
  'a certificate that is not trusted is named, --cacert trusts it, and --insecure warns',
  async () => {
    const { origin, certificate, seen } = await tlsLoopback()
    const words = ['request', `${origin}/x`, '-u', 'a:b']
    const { code, err } = await runCli(words)
    expect({ code, err }).toMatchObject({
      code: 5,
      err: expect.stringContaining('--cacert FILE or NODE_EXTRA_CA_CERTS=FILE'),
    })
    expect(seen).toEqual([])
    expect(await runCli([...words, '--cacert', certificate])).toEqual({
      code: 0,
      out: '{"ok":true}',
      err: '',
    })
    const other = origin.replace('localhost', '127.0.0.1')
    const wrongName = await runCli(['request', `${other}/x`, '-u', 'a:b', '--cacert', certificate])
    expect(wrongName).toMatchObject({ code: 5, err: expect.stringContaining('is for another name') })
    const insecure = await runCli([...words, '--insecure'])
    expect(insecure).toMatchObject({ code: 0, err: expect.stringContaining('certificate is not checked') })
    const missing = await runCli([...words, '--cacert', '/missing.pem'])
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('Check the path of --cacert') })
    const plain = await runCli([...words, '--cacert', import.meta.filename])
    expect(plain).toMatchObject({ code: 2, err: expect.stringContaining('holds no certificate') })
  },
)
