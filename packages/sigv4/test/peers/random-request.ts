import fc from 'fast-check'
import type { AwsCredentials, SignableRequest, SigningOptions } from '../../src/index.js'

/** A request, how to sign it, and what its parts mean. */
export interface RandomRequest {
  readonly request: SignableRequest & { readonly headers: readonly (readonly [string, string])[] }
  readonly options: SigningOptions & { readonly now: () => Date }
  /** Undefined for a signature in headers. */
  readonly expiresInSeconds: number | undefined
  /** Path segments and query pairs, unescaped. */
  readonly segments: readonly string[]
  readonly pairs: readonly (readonly [string, string])[]
}

const services = [
  's3',
  's3express',
  'execute-api',
  'bedrock',
  'bedrock-mantle',
  'lambda',
  'glacier',
  'aoss',
  'iotdevicegateway',
  'vpc-lattice-svcs',
  'generic',
]
const hosts = [
  'api.example.com',
  'bucket.s3.us-east-1.amazonaws.com',
  '127.0.0.1:9000',
  '[::1]:8080',
  'localhost',
]
/** A few, since keys are cached by credentials, day, region and service, and cached keys must be right too. */
const credentials: readonly AwsCredentials[] = [
  { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'another-secret' },
  { accessKeyId: 'ASIA1', secretAccessKey: 's', sessionToken: 'FwoGZXIvYXdzE/a+b==' },
  { accessKeyId: 'ASIA2', secretAccessKey: 'x'.repeat(80), sessionToken: 'IQoJb3JpZ2luX2VjE//'.repeat(30) },
]

const character: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...'abcXYZ0189') },
  { weight: 3, arbitrary: fc.constantFrom(...'-_.~') },
  { weight: 5, arbitrary: fc.constantFrom(..."!$&'()*+,;=:@/?%#[]") },
  { weight: 2, arbitrary: fc.constantFrom(...' "<>^`{|}\\') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('é', 'ß', 'コ', '🎉', '\u00a0', '\u{10ffff}', '\u202e', '\x7f', '\x01'),
  },
)
const text: fc.Arbitrary<string> = fc.string({ unit: character, maxLength: 12 })
const segment: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '.', '..', '...', '.a', 'a.', 'a(1)@2x.png', 'a:', '%2e', '%zz'),
  },
)
const pair: fc.Arbitrary<[string, string]> = fc.tuple(
  fc.oneof(
    { weight: 24, arbitrary: text },
    // Names that collide, and that sort next to each other.
    {
      weight: 8,
      arbitrary: fc.constantFrom('a', 'a-b', 'a.b', 'A', 'aa', 'a=', 'a~', 'é', 'prefix', 'list-type'),
    },
    { weight: 1, arbitrary: fc.constantFrom('', '__proto__', 'constructor', 'X-Amz-Meta', 'x-amz-target') },
  ),
  fc.oneof(
    { weight: 5, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom('', 'a', '=', '&', '+', ' ') },
  ),
)

const headerValue: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...'abcXYZ019,;="/') },
    { weight: 2, arbitrary: fc.constantFrom(' ', '  ', '\t') },
  ),
  maxLength: 16,
})
const header: fc.Arbitrary<[string, string]> = fc.tuple(
  fc.constantFrom(
    'Content-Type',
    'Content-MD5',
    'Content-Encoding',
    'Accept',
    'Range',
    'User-Agent',
    'Cache-Control',
    'Proxy-Foo',
    'Sec-Fetch-Mode',
    'X-Amzn-Trace-Id',
    'X-Forwarded-For',
    'Accept-Encoding',
    'Via',
    'traceparent',
    'x-custom',
    'X-Custom-2',
    'X-Amz-Meta-A',
    'x-amz-meta-b',
    'X-Amz-Target',
    'X-Amz-Acl',
  ),
  headerValue,
)
const body: fc.Arbitrary<string | Uint8Array | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant(''),
  fc.string({ unit: character, maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }),
)

/** How a caller may write a character of a URL. */
type Escape = 'always' | 'lower-case' | 'when-needed'

function escapeText(value: string, how: Escape, needed: RegExp): string {
  if (how === 'when-needed') return value.replace(needed, encodeURIComponent)
  const escaped = encodeURIComponent(value)
  return how === 'always' ? escaped : escaped.replace(/%../g, (triplet) => triplet.toLowerCase())
}

const escapes: fc.Arbitrary<Escape> = fc.constantFrom('always', 'lower-case', 'when-needed')
const day = 86_400_000
const instant: fc.Arbitrary<Date> = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: day - 1 }))
  .map(([days, ms]) => new Date(Date.UTC(2026, 10, 24 + days) + ms))

/** Any request that a signer should take, written in one of the ways that its URL can be. */
export const randomRequest: fc.Arbitrary<RandomRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'),
    scheme: fc.constantFrom('https', 'http'),
    host: fc.constantFrom(...hosts),
    segments: fc.array(segment, { maxLength: 5 }),
    pairs: fc.array(pair, { maxLength: 5 }),
    escapes,
    plus: fc.boolean(),
    headers: fc.uniqueArray(header, { maxLength: 6, selector: ([name]) => name }),
    body,
    service: fc.constantFrom(...services),
    region: fc.constantFrom('us-east-1', 'eu-central-1', 'auto'),
    credentials: fc.constantFrom(...credentials),
    now: instant,
    signedHeaders: fc.constantFrom<SigningOptions['signedHeaders']>(
      'minimal',
      'all',
      ['Accept', 'x-custom'],
      undefined,
    ),
    payload: fc.constantFrom<SigningOptions['payload']>(
      undefined,
      undefined,
      undefined,
      'signed',
      'unsigned',
    ),
    expiresInSeconds: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 604_800 })),
  })
  .map((drawn) => {
    const {
      method,
      scheme,
      host,
      segments,
      pairs,
      escapes: how,
      plus,
      headers,
      service,
      region,
      now,
      ...rest
    } = drawn
    const path = segments.map((part) => `/${escapeText(part, how, /[%?#/]/g)}`).join('')
    const query = pairs.map((part) => part.map((half) => escapeText(half, how, /[%+#&=]/g)).join('='))
    const search =
      query.length > 0 ? `?${plus ? query.join('&').replaceAll('%20', '+') : query.join('&')}` : ''
    return {
      request: { method, url: `${scheme}://${host}${path}${search}`, headers, body: rest.body },
      options: {
        service,
        region,
        credentials: rest.credentials,
        now: () => now,
        signedHeaders: rest.signedHeaders,
        payload: rest.payload,
      },
      expiresInSeconds: rest.expiresInSeconds,
      segments,
      pairs,
    }
  })
  // Signing refuses these, on purpose.
  .filter(({ request, options, segments }) => {
    const dots = (path: string) => path.split('/').filter((segment) => /^\.\.?$/.test(segment)).length
    const [, ...written] = request.url.replace(/^https?:\/\/|\?.*/gs, '').split('/')
    return !options.service.startsWith('s3') || dots(segments.join('/')) <= dots(written.join('/'))
  })
