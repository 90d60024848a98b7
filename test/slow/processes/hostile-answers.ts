import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

/** One way in which a token endpoint may answer. */
export interface HostileAnswer {
  readonly name: string
  /** The outcomes that are right; several when the platform decides. */
  readonly results: readonly string[]
  readonly answer: (response: ServerResponse, request: IncomingMessage) => void
}

const success = ['success']
const malformed = ['build ERR_AUTH_REFRESH_RESPONSE']
const refused = ['build ERR_AUTH_REFRESH_REFUSED']
const redirect = ['build ERR_AUTH_REDIRECT']
const unavailable = ['transient ERR_AUTH_REFRESH_UNAVAILABLE']
const timeout = ['transient ERR_AUTH_TIMEOUT']
const good = {
  access_token: 'planted-access',
  token_type: 'Bearer',
  expires_in: 60,
  refresh_token: 'planted-next',
}
const text = JSON.stringify(good)

const of = (name: string, results: readonly string[], answer: HostileAnswer['answer']): HostileAnswer => {
  return { name, results, answer }
}
const body = (
  name: string,
  results: readonly string[],
  content: string | Buffer,
  status = 200,
  headers = {},
) => of(name, results, (response) => void response.writeHead(status, headers).end(content))
const changed = (name: string, results: readonly string[], change: Record<string, unknown>) =>
  body(name, results, JSON.stringify({ ...good, ...change }))
const onSocket = (name: string, results: readonly string[], bytes: string, isEnd = true) =>
  of(name, results, ({ socket }) => void (isEnd ? socket?.end(bytes) : socket?.write(bytes)))
const repeated = (name: string, results: readonly string[], chunk: Buffer, everyMs: number) =>
  of(name, results, (response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(chunk), everyMs)
    response.on('close', () => clearInterval(timer))
  })
const zipped = (name: string, encoding: string, zip: (content: Buffer) => Buffer) => {
  const bomb = zip(Buffer.alloc(256 * 1024 * 1024, ' '))
  return body(name, malformed, bomb, 200, { 'content-encoding': encoding })
}

/** Answers of broken, careless and malicious token endpoints. */
export function hostileAnswers(): HostileAnswer[] {
  return [
    body('good', success, text),
    body('good, zipped', success, gzipSync(text), 200, { 'content-encoding': 'gzip' }),
    body('good, as plain text', success, text, 200, { 'content-type': 'text/html' }),
    changed('unknown members', success, { scope: 'a', id_token: 'b', constructor: 1 }),
    changed('digits as expires_in', success, { expires_in: '60' }),
    changed('a life of centuries', success, { expires_in: 1e300 }),
    changed('nothing new but the access token', success, { refresh_token: undefined, expires_in: undefined }),
    body('empty', unavailable, ''),
    body('204', unavailable, '', 204),
    body('html', unavailable, '<html>planted-refresh</html>'),
    body('half JSON', malformed, text.slice(0, 40)),
    body('two JSONs', malformed, text + text),
    body('null', malformed, 'null'),
    body('a number', malformed, '7'),
    body('a string', malformed, JSON.stringify(text)),
    body('an array', malformed, `[${text}]`),
    body('deep arrays', malformed, '['.repeat(1_000_000)),
    body('deep objects', malformed, '{"a":'.repeat(200_000)),
    body('many members', malformed, `{${'"a":1,'.repeat(140_000)}"b":1}`),
    body('__proto__', malformed, `{"__proto__":${text}}`),
    body('__proto__ that pollutes', success, text.replace('{', '{"__proto__":{"polluted":1},')),
    body('constructor.prototype', success, text.replace('{', '{"constructor":{"prototype":{"polluted":1}},')),
    body('not UTF-8', malformed, Buffer.from(text.replace('planted-access', '\xff\xfe'), 'latin1')),
    body('UTF-16', malformed, Buffer.from(`\ufeff${text}`, 'utf16le')),
    changed('no token type', success, { token_type: undefined }),
    changed('token type mac', malformed, { token_type: 'mac' }),
    changed('token type DPoP', malformed, { token_type: 'DPoP' }),
    changed('token type in a list', malformed, { token_type: ['Bearer'] }),
    changed('no token', malformed, { access_token: undefined }),
    changed('empty token', malformed, { access_token: '' }),
    changed('a number as token', malformed, { access_token: 1234 }),
    changed('an object as token', malformed, { access_token: { toString: 'planted-access' } }),
    changed('CR LF in the token', malformed, { access_token: 'planted\r\nx-injected: 1' }),
    changed('NUL in the token', malformed, { access_token: 'planted\u0000' }),
    changed('beyond latin1 in the token', malformed, { access_token: 'planted-\u2713' }),
    changed('a blank after the token', malformed, { access_token: 'planted-access ' }),
    changed('padding inside the token', success, { access_token: 'planted=access' }),
    changed('CR LF in the refresh token', malformed, { refresh_token: 'planted\r\n' }),
    changed('DEL in the refresh token', malformed, { refresh_token: 'planted\u007f' }),
    changed('a list as refresh token', success, { refresh_token: ['planted-next'] }),
    changed('an opaque token', success, { access_token: '00Dx!AR8A|:%"{}' }),
    changed('an empty refresh token', success, { refresh_token: '' }),
    changed('error null beside tokens', success, { error: null }),
    changed('an error beside tokens', refused, { error: 'invalid_grant' }),
    changed('expires_in 0', success, { expires_in: 0 }),
    changed('expires_in below 0', success, { expires_in: -60 }),
    changed('expires_in in words', success, { expires_in: 'soon' }),
    changed('expires_in hexadecimal', success, { expires_in: '0x40' }),
    changed('expires_in true', success, { expires_in: true }),
    body('expires_in endless', success, text.replace('60', '1e999')),
    body('1 MiB and one byte', malformed, text.padEnd(1024 * 1024 + 1)),
    body('1 MiB', success, text.padEnd(1024 * 1024)),
    zipped('a bomb in gzip', 'gzip', (content) => gzipSync(content, { level: 1 })),
    zipped('a bomb in deflate', 'deflate', (content) => deflateSync(content, { level: 1 })),
    zipped('a bomb in brotli', 'br', (content) => brotliCompressSync(content, { params: { 1: 1 } })),
    body('a gzip that is malformed', unavailable, text, 200, { 'content-encoding': 'gzip' }),
    repeated('endless', malformed, Buffer.alloc(1024 * 1024, ' '), 1),
    repeated('a byte now and then', timeout, Buffer.from(' '), 100),
    of('silence', timeout, () => {}),
    of('silence after the headers', timeout, (response) => void response.writeHead(200).flushHeaders()),
    onSocket('silence after half a header', timeout, 'HTTP/1.1 200 OK\r\ncontent-', false),
    onSocket('no HTTP', unavailable, 'SSH-2.0-OpenSSH\r\n'),
    onSocket('closed at once', unavailable, ''),
    onSocket('a body cut short', unavailable, 'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{'),
    onSocket(
      'a chunk cut short',
      unavailable,
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{',
    ),
    onSocket(
      'huge headers',
      unavailable,
      `HTTP/1.1 200 OK\r\nx: ${'planted-refresh'.repeat(200_000)}\r\n\r\n`,
    ),
    onSocket(
      'NUL in a header',
      [...unavailable, ...malformed],
      'HTTP/1.1 200 OK\r\nx: \0\r\ncontent-length: 0\r\n\r\n',
    ),
    ...[301, 302, 303, 307, 308].map((status) =>
      of(`redirect ${status}`, redirect, (response, { headers }) => {
        response.writeHead(status, { location: `http://${headers.host}/elsewhere` }).end()
      }),
    ),
    body('300 without location', redirect, text, 300),
    body(
      'an error with status 200',
      refused,
      '{"error":"invalid_grant","error_description":"planted-refresh"}',
    ),
    body('invalid_grant', refused, '{"error":"invalid_grant","error_description":"planted-refresh"}', 400),
    body('invalid_client', refused, '{"error":"invalid_client","client_secret":"planted-secret"}', 401),
    body('temporarily_unavailable', unavailable, '{"error":"temporarily_unavailable"}', 400),
    body('bad_refresh_token with status 200', refused, '{"error":"bad_refresh_token"}'),
    body('an error of its own', refused, '{"error":"planted-refresh"}', 400),
    body('an error that is an object', refused, '{"error":{"message":"planted-refresh"}}', 400),
    body('a good answer with status 400', refused, text, 400),
    body('403 in html', refused, '<b>planted-refresh</b>', 403),
    body('404 without a body', refused, '', 404),
    body('an endless refusal', malformed, ' '.repeat(2_000_000), 400),
    ...[408, 429, 500, 502, 503, 504, 599].map((status) =>
      body(`status ${status}`, unavailable, '{"error":"invalid_grant","x":"planted-refresh"}', status),
    ),
    body('429 until the year 9999', unavailable, '', 429, { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }),
    body('a good answer with status 503', unavailable, text, 503),
  ]
}
