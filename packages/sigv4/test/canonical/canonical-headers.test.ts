import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalValue, collectHeaders } from '../../src/canonical/canonical-headers.js'
import { canonicalRequest, type SigningOptions, signRequest, stringToSign } from '../../src/index.js'

const options: SigningOptions = {
  service: 'execute-api',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}
const url = 'https://api.example.com/'

function signedHeaders(headers: Record<string, string>): string | undefined {
  return /SignedHeaders=([^,]*)/.exec(headers['authorization'] ?? '')?.[1]
}

/** The lines of the headers, as they are signed. */
function lines(
  headers: Record<string, string> | [string, string][] | Headers,
  policy: Partial<SigningOptions> = {},
): string[] {
  const [, , , ...rest] = canonicalRequest({ method: 'GET', url, headers }, { ...options, ...policy }).split(
    '\n',
  )
  return rest.slice(0, rest.indexOf(''))
}

describe('signRequest() signs of the headers', () => {
  const headers = {
    Accept: '*/*',
    Authorization: 'Bearer old',
    'Cache-Control': 'no-store',
    Connection: 'keep-alive',
    'Content-Length': '0',
    'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==',
    'Content-Type': 'text/plain',
    Expect: '100-continue',
    Pragma: 'no-cache',
    'Proxy-Authorization': 'Basic x',
    Range: 'bytes=0-9',
    Referer: 'https://example.com/',
    'Sec-Fetch-Mode': 'cors',
    TE: 'trailers',
    'Transfer-Encoding': 'chunked',
    'User-Agent': 'test',
    'X-Amz-Meta-Note': 'x',
    'X-Amzn-Trace-Id': 'Root=1',
    'X-Forwarded-For': '127.0.0.1',
  }

  it('few, so that proxies may rewrite the others', () => {
    const signed = signRequest({ method: 'GET', url, headers }, options)
    expect(signedHeaders(signed.headers)).toBe('content-md5;content-type;host;x-amz-date;x-amz-meta-note')
  })

  it('those and the listed ones, in any case', () => {
    const policy = { ...options, signedHeaders: ['Range', 'x-absent'] }
    const signed = signRequest({ method: 'GET', url, headers }, policy)
    expect(signedHeaders(signed.headers)).toBe(
      'content-md5;content-type;host;range;x-amz-date;x-amz-meta-note',
    )
  })

  it('with `all` all but those that are made or changed on the way', () => {
    const signed = signRequest({ method: 'GET', url, headers }, { ...options, signedHeaders: 'all' })
    expect(signedHeaders(signed.headers)).toBe(
      'accept;content-length;content-md5;content-type;host;range;x-amz-date;x-amz-meta-note',
    )
  })

  it('and sends all of them, but an earlier authorization', () => {
    const signed = signRequest({ method: 'GET', url, headers }, options)
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    expect(signed.headers).toMatchObject({
      ...Object.fromEntries(lower),
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 /),
    })
  })
})

describe('canonicalRequest() writes header', () => {
  it('values trimmed and with folded whitespace, inside quotes too', () => {
    expect(lines({ 'x-amz-a': '  a   b\t\tc ', 'x-amz-b': '"a  b"', 'x-amz-c': 'a b' })).toEqual([
      'host:api.example.com',
      'x-amz-a:a b c',
      'x-amz-b:"a b"',
      'x-amz-c:a b',
      'x-amz-date:20261125T000000Z',
    ])
  })

  it('values with whitespace beyond ASCII unchanged', () => {
    // So do the AWS libraries for C and JavaScript.
    expect(lines({ 'x-amz-a': '\u00a0a \u00a0  b\u00a0' })).toContain('x-amz-a:\u00a0a \u00a0 b\u00a0')
  })

  it('lines that come twice as one, in their order', () => {
    const twice: [string, string][] = [
      ['X-Amz-B', 'two'],
      ['x-amz-a', '1'],
      ['x-amz-b', 'one'],
    ]
    expect(lines(twice)).toContain('x-amz-b:two,one')
    expect(lines(new Headers(twice))).toContain('x-amz-b:two, one')
    expect(signRequest({ method: 'GET', url, headers: twice }, options).headers['x-amz-b']).toBe('two,one')
  })

  it('names that an object treats in its own way like any other', () => {
    const headers: [string, string][] = [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]
    const signed = lines(headers, { signedHeaders: 'all' })
    expect(signed).toContain('__proto__:a')
    expect(signed).toContain('constructor:b')
  })
})

it('signRequest() hashes latin1 header values as the bytes that fetch sends', () => {
  const request = { method: 'GET', url, headers: { 'x-amz-meta-name': 'caf\u00e9' } }
  const canonical = canonicalRequest(request, options)
  const hash = createHash('sha256').update(canonical, 'latin1').digest('hex')
  expect(stringToSign(request, options).split('\n')[3]).toBe(hash)
})

it('signRequest() hashes header values that only UTF-8 can carry as UTF-8', () => {
  const request = { method: 'GET', url, headers: { 'x-amz-meta-name': 'コード é' } }
  const hash = createHash('sha256').update(canonicalRequest(request, options), 'utf8').digest('hex')
  expect(stringToSign(request, options).split('\n')[3]).toBe(hash)
})

const credentials = { accessKeyId: 'AKID', secretAccessKey: 's' }
const tracing = [
  'b3',
  'baggage',
  'elastic-apm-traceparent',
  'newrelic',
  'sentry-trace',
  'traceparent',
  'tracestate',
  'uber-trace-id',
  'X-Amzn-Trace-Id',
  'X-B3-TraceId',
  'x-cloud-trace-context',
  'x-datadog-parent-id',
  'X-Request-Id',
]

it.each(tracing)(
  "signRequest() with signedHeaders: 'all' sends %s, which a tracing agent changes, unsigned",
  (name) => {
    const { headers } = signRequest(
      { method: 'GET', url: 'https://example.amazonaws.com/', headers: { [name]: 'value', 'x-custom': '1' } },
      { service: 'bedrock', region: 'us-east-1', credentials, signedHeaders: 'all' },
    )
    expect(headers[name.toLowerCase()]).toBe('value')
    expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-custom,')
  },
)

it.each(['bedrock', 'bedrock-mantle'])(
  'signRequest() for %s leaves out names that the service proxy drops',
  (service) => {
    const { headers } = signRequest(
      { method: 'GET', url: 'https://example.amazonaws.com/', headers: { x_team: 'a', 'x-team': 'b' } },
      { service, region: 'us-east-1', credentials, signedHeaders: 'all' },
    )
    expect(headers).not.toHaveProperty('x_team')
    expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-team,')
  },
)

it.each([
  ['', ''],
  ['a', 'a'],
  ['a b', 'a b'],
  [' a', 'a'],
  ['a ', 'a'],
  ['a  b', 'a b'],
  ['a\tb', 'a b'],
  ['a\rb', 'a b'],
  ['\na', 'a'],
  ['a\t', 'a'],
  ['   ', ''],
  [' \t a \t\t b \v\f c ', 'a b c'],
  ['\u00a0a\u0008', '\u00a0a\u0008'],
  ['\u000ea\u2003', '\u000ea\u2003'],
])('canonicalValue() of %j is %j', (value, canonical) => {
  expect(canonicalValue(value)).toBe(canonical)
})

it('collectHeaders() signs few headers and drops no underscores unless it is told to', () => {
  const init = [
    ['X_A', '1'],
    ['Content-Type', 'a'],
    ['CONTENT-MD5', 'b'],
    ['x-amz-b', ''],
    ['X-AMZ-B', '2'],
    ['not-x-amz-', '3'],
    ['X-Amz-Date', '4'],
  ] as const
  const sent = { x_a: '1', 'content-type': 'a', 'content-md5': 'b', 'x-amz-b': ',2', 'not-x-amz-': '3' }
  const signed = ['content-type', 'content-md5', 'x-amz-b']
  expect(collectHeaders(init)).toEqual({ sent, signed })
  expect(collectHeaders(init, ['X_a', 'absent'])).toEqual({ sent, signed: ['x_a', ...signed] })
  expect(collectHeaders(init, 'all').signed).toEqual(Object.keys(sent))
  const { x_a: _, ...rest } = sent
  expect(collectHeaders(init, ['x_a'], true)).toEqual({ sent: rest, signed })
  expect(collectHeaders(undefined)).toEqual({ sent: {}, signed: [] })
})
