import { expect, test } from 'vitest'
import { redacted, redactHeaders, redactResponse, redactUrl } from '../src/request/redact-request.js'
import { folder, loopback } from './loopback.js'
import { runCli } from './run-cli.js'

const provider = { kind: 'x', headerNames: ['x-mine'], queryNames: ['mine', 'a b'], addAuthHeaders() {} }

test('redactHeaders() shows only values that are known to be harmless', () => {
  const rules = {
    provider,
    headers: new Headers({ 'x-team': 'search', 'x-org': 'o', 'x-token': 't' }),
    secretHeaderNames: ['x-org'],
  }
  const shown = Object.entries({ accept: '*/*', 'content-type': 'text/x', 'x-team': 'search' })
  const hidden = Object.entries({
    'x-mine': '1',
    'x-org': 'o',
    'x-token': 't',
    cookie: 'c',
    'x-other': '1',
    authorization: 'b',
  })
  expect(redactHeaders([...shown, ...hidden], rules)).toEqual([
    ...shown,
    ...hidden.map(([name]) => [name, redacted]),
  ])
  expect(redactHeaders([['x-team', "the caller's own"]], rules)).toEqual([['x-team', redacted]])
})

test('redactUrl() hides the parameters of the provider and those whose names mean a secret', () => {
  const hidden = [
    'mine',
    'a%20b',
    'a+b',
    'key',
    'api_key',
    'access_token',
    'X-Amz-Signature',
    'sig',
    'client_secret',
    'code',
  ]
  for (const name of hidden)
    expect(redactUrl(`https://a/?${name}=S=S&x=1#S`, { provider })).toBe(`https://a/?${name}=[redacted]&x=1`)
  for (const url of ['https://a/', 'https://a/?', 'https://a/?x=1&=2&y', 'https://a/?monkey=1']) {
    expect(redactUrl(url, { provider })).toBe(url)
  }
})

test('redactResponse() hides cookies and keys, and no count of tokens', () => {
  const headers: [string, string][] = [
    ['set-cookie', 'S'],
    ['x-api-key', 'S'],
    ['x-refresh-token', 'S'],
    ['x-ratelimit-remaining-tokens', '5'],
    ['content-type', 'text/x'],
  ]
  expect(redactResponse(headers).map(([, value]) => value)).toEqual([
    redacted,
    redacted,
    redacted,
    '5',
    'text/x',
  ])
})

const secret = 'PLANTED-5ecret'

const places: readonly [name: string, credential: readonly string[]][] = [
  ['a literal token', ['kind = "bearer"', `token = "${secret}"`]],
  ['a token of a variable', ['kind = "bearer"', 'token = { env = "S" }']],
  ['a token of a file', ['kind = "bearer"', 'token = { file = "s" }']],
  ['a key in a header', ['kind = "api-key"', 'key = { env = "S" }', 'header = "x-key"', 'prefix = "Token "']],
  ['a key in the query', ['kind = "api-key"', `key = "${secret}"`, 'query = "k"']],
  ['a header of a variable', ['kind = "none"', 'reason = "r"', 'headers = { x-s = { env = "S" } }']],
  ['an illegal literal token', ['kind = "bearer"', `token = "${secret}\\nx"`]],
  ['an illegal token of a file', ['kind = "bearer"', 'token = { file = "bad" }']],
  ['an illegal header', ['kind = "none"', 'reason = "r"', `headers = { x-s = "${secret}\\u0001" }`]],
  ['a token where none belongs', ['kind = "none"', `token = "${secret}"`]],
  ['a broken file', ['kind = "bearer"', `token = "${secret}`]],
  [
    'a command that prints it to standard error',
    [
      'kind = "bearer"',
      'token = { command = ["COMMAND", "-e", "console.error(process.env.S);process.exit(1)"] }',
    ],
  ],
]

test.each(places)('no command prints %s, whatever happens', async (name, lines) => {
  const { origin, seen } = await loopback((_, response, index) =>
    response.writeHead(index % 2 ? 401 : 200).end('{}'),
  )
  const text = ['[providers.x]', `base_url = "${origin}"`, ...lines]
    .join('\n')
    .replace('COMMAND', process.execPath)
  const cwd = folder({ 'outbound-auth.toml': text, s: secret, bad: `${secret}\u0007${secret}` })
  const env = { ...process.env, S: secret }
  const words = [
    ['request', 'y'],
    ['request', 'y', '-v', '-i'],
    ['request', 'y', '-v', '--json', '-H', `x-h: ${secret}`, '-d', `{"a":"${secret}"}`],
    ['request', `${origin}/?api_key=${secret}`, '-v'],
    ['request', 'http://127.0.0.1:1/', '--provider', 'x', '--json'],
    ['request', 'y', '-H', secret],
    ['headers', 'y', '-H', `cookie: ${secret}`],
    ['headers', `y?token=${secret}`, '--json'],
    ['explain', `y?token=${secret}`],
    ['explain', 'y', '--json'],
    ['explain', `--${secret}`],
  ]
  const codes: number[] = []
  // Each of these runs is one more process, or two.
  const some = name.startsWith('a command') ? [...words.slice(1, 3), ...words.slice(-1)] : words
  for (const line of some) {
    const { code, out, err } = await runCli(line, { cwd, env })
    expect(out + err, line.join(' ')).not.toContain('5ecret')
    expect(out + err).not.toMatch(/\n\s+at /)
    codes.push(code)
  }
  expect(codes.at(-1)).toBe(2)
  if (seen.length > 0) expect(codes).toContain(0)
})
