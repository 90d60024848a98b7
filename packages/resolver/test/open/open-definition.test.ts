import { AuthError, type AuthProvider, type TokenSource } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { definitionPath } from '../../src/index.js'
import {
  bindDefinition,
  openDefinition,
  type UntypedDefinition,
  withDefinitionPath,
} from '../../src/open/open-definition.js'
import { problemOf, variablesOf } from '../open-lab.js'

type OpenHost = Parameters<typeof openDefinition>[2]

const baseUrl = 'https://a.example'
const env = { A: 'value-a', B: 'value-b' }
const provider: AuthProvider = { kind: 'x', headerNames: ['x-key', 'x-more'], addAuthHeaders() {} }
const variables = variablesOf(env)
const call = { signal: new AbortController().signal, forceRefresh: false }

interface Given {
  readonly host?: Partial<OpenHost>
  readonly provider?: AuthProvider
  readonly error?: unknown
}

/** Opens a definition with a factory that keeps its options, or throws. */
function open(definition: Record<string, unknown>, given: Given = {}) {
  const host: OpenHost = { directory: '/', pipes: new Map(), env, ...given.host }
  const seen: Record<string, unknown>[] = []
  const factory = (options: Readonly<Record<string, unknown>>) => {
    seen.push(options)
    if ('error' in given) throw given.error
    return given.provider ?? provider
  }
  const whole = { kind: 'x', baseUrl, ...definition } as UntypedDefinition
  const opened = openDefinition(whole, factory, host, variables)
  return { ...opened, options: seen[0] as Record<string, unknown> }
}

const secretOf = (option: unknown) => (option as TokenSource)(call)

describe('openDefinition() gives the factory', () => {
  it('its own options without a prototype, and nothing of the place', () => {
    const { options } = open({
      a: 1,
      query: { v: '1' },
      headers: { b: 'c' },
      allowedOrigins: [baseUrl],
      allowInsecureTransport: true,
    })
    expect({ ...options }).toStrictEqual({ a: 1 })
    expect(Object.getPrototypeOf(options)).toBeNull()
  })

  it('a query that is a string', () => {
    expect({ ...open({ query: 'key' }).options }).toStrictEqual({ query: 'key' })
  })

  it('a source for each reference, but for a clock, an observer, a fetch and a waitUntil', () => {
    const reference = { env: 'A' }
    const taken = { now: reference, observer: reference, fetch: reference, waitUntil: reference }
    const { options } = open({ ...taken, nowhere: reference, prefetch: reference })
    expect(options).toMatchObject(taken)
    for (const name of ['nowhere', 'prefetch']) expect(secretOf(options[name])).toBe('value-a')
  })

  it('the client of an identity provider with sources of its own', () => {
    const identityProvider = { clientId: 'a', clientSecret: { env: 'A' }, now: { env: 'A' } }
    const { options, credential } = open({ identityProvider, clientSecret: { env: 'B' } })
    const client = options['identityProvider'] as Record<string, unknown>
    expect(Object.getPrototypeOf(client)).toBeNull()
    expect({ ...client }).toEqual({ ...identityProvider, clientSecret: expect.any(Function) })
    expect(secretOf(client['clientSecret'])).toBe('value-a')
    expect(secretOf(options['clientSecret'])).toBe('value-b')
    expect(credential).toBe('x in header x-key from environment variable A, environment variable B')
    expect(open({ identityProvider: 'a' }).options['identityProvider']).toBe('a')
    const unset = problemOf(() => open({ identityProvider: { clientSecret: { env: 'UNSET' } } }))
    expect(unset).toMatchObject({
      message:
        'Cannot resolve x: identityProvider.clientSecret: environment variable UNSET is unset or blank; set it',
    })
    expect(definitionPath(unset)).toEqual(['identityProvider', 'clientSecret'])
  })

  it('a source that keeps the runtime alive', () => {
    const waitUntil = () => {}
    const { options } = open({ token: { env: 'A' }, source: () => 'b' }, { host: { waitUntil } })
    expect({ ...(options['token'] as TokenSource) }).toEqual({ refreshIntervalMs: 0, waitUntil })
    expect({ ...(options['source'] as TokenSource) }).toEqual({ waitUntil })
  })

  it('a platform, a role or a store only in the option of that name', () => {
    const subjectToken = () => async () => 'subject'
    const store = { read: async () => undefined, update: async () => undefined }
    const webIdentityCredentials = () => async () => ({ accessKeyId: 'a', secretAccessKey: 'b' })
    const host = { subjectToken, webIdentityCredentials, stores: { redis: () => store } } as Partial<OpenHost>
    const references = {
      subjectToken: { githubActions: { audience: 'a' } },
      credentials: { roleArn: 'arn', subjectToken: { gcpMetadata: {} } },
      store: { redis: { key: 'k' } },
    }
    const { options, credential } = open(references, { host })
    expect(options).toMatchObject({
      subjectToken: expect.any(Function),
      credentials: expect.any(Function),
      store: { read: expect.any(Function), update: expect.any(Function) },
    })
    expect(credential).toBe(
      'x in header x-key from GitHub Actions, AWS role arn with the token of the metadata service of Google Cloud, store redis under k',
    )
    const others = {
      other: references.subjectToken,
      another: references.credentials,
      third: references.store,
    }
    expect({ ...open(others, { host }).options }).toEqual(others)
  })

  it('a role whose subject token is a variable', () => {
    const asked: unknown[] = []
    const webIdentityCredentials: OpenHost['webIdentityCredentials'] = (options) => {
      asked.push(options)
      return async () => ({ accessKeyId: 'a', secretAccessKey: 'b' })
    }
    const credentials = { roleArn: 'arn', subjectToken: { env: 'A' } }
    const { credential } = open({ region: 'eu-west-1', credentials }, { host: { webIdentityCredentials } })
    expect(asked).toEqual([{ region: 'eu-west-1', roleArn: 'arn', subjectToken: expect.any(Function) }])
    expect(credential).toBe('x in header x-key from AWS role arn with the token of environment variable A')
  })
})

describe('openDefinition() says', () => {
  it.each<[definition: Record<string, unknown>, provider: AuthProvider, credential: string]>([
    [{}, provider, 'x in header x-key from the definition'],
    [{ token: { env: 'A' } }, provider, 'x in header x-key from environment variable A'],
    [
      {},
      { ...provider, headerNames: [], queryNames: ['key'] },
      'x in query parameter key from the definition',
    ],
    [{ kind: 'none', reason: 'local' }, { ...provider, headerNames: [] }, 'none (local)'],
    [
      { kind: 'workload-identity', service: 'openai', subjectToken: 's' },
      provider,
      'workload-identity of openai in header x-key from the definition',
    ],
    [{ service: 's3' }, provider, 'x in header x-key from the definition'],
  ])('of %j which credential it is', (definition, made, credential) => {
    expect(open(definition, { provider: made }).credential).toBe(credential)
  })

  it.each<[headers: unknown, came: string]>([
    [['a'], 'an array'],
    ['a b', 'a string'],
    [5, '5'],
    [null, 'null'],
    [new Map(), 'an object'],
  ])('that headers %j are no object', (headers, came) => {
    const error = problemOf(() => open({ headers }))
    expect(error).toEqual(new TypeError(`Cannot resolve x: headers must be an object, got ${came}`))
    expect(definitionPath(error)).toEqual(['headers'])
  })

  it.each([5, null, {}, { file: '/a' }, ['a']])('that a header %j is no text', (value) => {
    const error = problemOf(() => open({ headers: { 'x-a': 'b', 'x-b': value } }))
    expect(error).toEqual(new TypeError('Cannot resolve x: header x-b must be a string or { env }'))
    expect(definitionPath(error)).toEqual(['headers', 'x-b'])
  })

  it('which header has a malformed name or value', () => {
    expect(definitionPath(problemOf(() => open({ headers: { 'x-a': 'b', 'x-b': 'c\n' } })))).toEqual([
      'headers',
      'x-b',
    ])
    expect(problemOf(() => open({ headers: { 'a b': 'c' } }))).toMatchObject({
      message: 'Not a header name: "a b"',
    })
  })

  it('which headers there are, and which of them are secret', () => {
    const optional = { env: 'UNSET', optional: true }
    expect(open({ headers: { a: 'b', c: { env: 'A' }, d: optional, e: '' } })).toMatchObject({
      headers: [
        ['a', 'b'],
        ['c', 'value-a'],
        ['e', ''],
      ],
      secretHeaderNames: ['c', 'd'],
    })
  })
})

describe('openDefinition() passes', () => {
  const known = ['a', 'headers']
  const unknown = (option: string) => Object.assign(new TypeError('x'), { known, option })
  const credential = (option: string) =>
    AuthError.build('token is malformed', { code: 'ERR_AUTH_CREDENTIAL', option })

  it.each<[name: string, error: unknown, definition: object]>([
    ['an error that is no object of an option', new TypeError('x'), {}],
    ['an unknown part of an option', unknown('b.c'), {}],
    ['an error that only looks like one', { known, option: 'b' }, {}],
    ['an option without a list', Object.assign(new TypeError('x'), { option: 'query' }), {}],
    ['a list that is a string', Object.assign(new TypeError('x'), { known: 'a', option: 'b' }), {}],
    ['a malformed credential', credential('token'), { token: 'a' }],
    [
      'another error about an object',
      AuthError.build('x', { code: 'ERR_AUTH_ORIGIN', option: 'token' }),
      { token: { vault: 'a' } },
    ],
    ['undefined', Object.assign(new Error('x')), {}],
  ])('%s', (_, error, definition) => {
    expect(problemOf(() => open({ ...definition }, { error }))).toBe(error)
  })

  it('an unknown option with the properties of every definition', () => {
    const error = problemOf(() => open({}, { error: unknown('b') }))
    expect(error).toMatchObject({
      message:
        'Cannot resolve x: unknown option "b"; it has a, headers, kind, baseUrl, allowedOrigins, query, allowInsecureTransport',
    })
  })

  it('a query that is a string as one of the definition', () => {
    const error = problemOf(() => open({ query: 'a' }, { error: unknown('query') }))
    expect(error).toEqual(new TypeError('Cannot resolve x: query must be an object of strings, got a string'))
    expect(definitionPath(error)).toEqual(['query'])
  })

  it('an object in place of a secret with the names that it has', () => {
    const error = problemOf(() => open({ token: { vault: 'a' } }, { error: credential('token') }))
    expect(error).toEqual(
      new TypeError(
        'Cannot resolve x: token must be a string or have one of env, file, command, got an object with vault',
      ),
    )
    expect(definitionPath(error)).toEqual(['token'])
  })
})

it('bindDefinition() binds the place, headers and parameters, and says which origins there are', () => {
  const opened = { provider, headers: [['a', 'b']] as const, secretHeaderNames: ['a'], credential: 'words' }
  const definition = { kind: 'x', baseUrl: `${baseUrl}/v1`, query: { v: '1' } }
  expect(bindDefinition(definition, opened, provider)).toMatchObject({
    kind: 'x',
    provider,
    baseUrl: `${baseUrl}/v1`,
    allowedOrigins: [baseUrl],
    query: { v: '1' },
    secretHeaderNames: ['a'],
    reason: 'words, for https://a.example',
  })
  const origins = { kind: 'x', allowedOrigins: [baseUrl, 'https://b.example'], allowInsecureTransport: true }
  expect(bindDefinition(origins, opened, provider)).toMatchObject({
    allowInsecureTransport: true,
    reason: 'words, for https://a.example, https://b.example',
  })
  expect(bindDefinition({ kind: 'x', allowedOrigins: [] }, opened, provider).reason).toBe(
    'words, for no origin',
  )
  const inQuery = { kind: 'x', baseUrl, query: 'key' } as unknown as UntypedDefinition
  expect(bindDefinition(inQuery, opened, provider).query).toEqual({})
})

it.each<[option: string | undefined, headers: unknown, path: readonly string[] | undefined]>([
  ['headers.x-key.more', { 'X-Key.More': 'a' }, ['headers', 'X-Key.More']],
  ['headers.X-KEY', { 'x-a': 'a', 'x-key': 'b' }, ['headers', 'x-key']],
  ['headers.x-key', { 'x-a': 'a' }, ['headers', 'x-key']],
  ['headers', { 'x-a': 'a' }, ['headers']],
  ['headers.x-key', undefined, ['headers', 'x-key']],
  ['headers.x-key', ['x-key'], ['headers', 'x-key']],
  ['other.x-key', { 'X-Key': 'a' }, ['other', 'x-key']],
  [undefined, { 'X-Key': 'a' }, undefined],
])('withDefinitionPath() of option %s beside headers %j is %j', (option, headers, path) => {
  const error = Object.assign(new TypeError('x'), { option })
  expect(withDefinitionPath(error, { kind: 'x', headers } as UntypedDefinition)).toBe(error)
  expect(definitionPath(error)).toEqual(path)
})
