import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, createHeaderMap } from '@outbound-auth/core'
import { optionError } from '@outbound-auth/core/provider'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { describe, expect, it } from 'vitest'
import { definitionError, withPath } from '../../src/definition/definition-path.js'
import { createResolver, definitionPath, selectAuth } from '../../src/index.js'
import { failure } from '../open-lab.js'

const baseUrl = 'https://api.example.com'
const bearer = { kind: 'bearer', token: 'planted-secret', baseUrl }
const apiKey = { kind: 'api-key', key: 'planted-secret', header: 'x-api-key', baseUrl }
const keys = { accessKeyId: 'AKIDPLANTED', secretAccessKey: 'planted-secret' }
const sigV4 = { kind: 'sigv4', service: 's3', region: 'us-east-1', credentials: keys, baseUrl }
const factories = { bearer: bearerAuth, 'api-key': apiKeyAuth, sigv4: sigV4Auth }

const { resolveUnknown } = createResolver(factories, { env: { SET: 's', LINES: 'a\nb' } })
describe('definitionPath() of an error of resolveUnknown() is', () => {
  it.each<[path: string, definition: unknown]>([
    ['kind', { baseUrl }],
    ['kind', { ...bearer, kind: 'unknown' }],
    ['tokens', { ...bearer, tokens: 'x' }],
    ['token', { ...bearer, token: undefined }],
    ['token', { ...bearer, token: 'two words' }],
    ['token', { ...bearer, token: 'caf\u00e9' }],
    ['token', { ...bearer, token: '$TOKEN' }],
    ['token', { ...bearer, token: { env: 'UNSET' } }],
    ['token/env', { ...bearer, token: { env: '' } }],
    ['token/x', { ...bearer, token: { env: 'SET', x: 1 } }],
    ['token/file', { ...bearer, token: { file: 1 } }],
    ['token/command', { ...bearer, token: { command: 'ls' } }],
    ['token/cwd', { ...bearer, token: { command: ['ls'], cwd: 1 } }],
    ['token/timeoutMs', { ...bearer, token: { command: ['ls'], timeoutMs: 0 } }],
    ['timeoutMs', { ...bearer, timeoutMs: 0 }],
    ['observer', { ...bearer, observer: { env: 'SET' } }],
    ['baseUrl', { ...bearer, baseUrl: undefined }],
    ['baseUrl', { ...bearer, baseUrl: 'api.example.com' }],
    ['baseUrl', { ...bearer, allowedOrigins: ['https://b.example'] }],
    ['allowedOrigins', { ...bearer, allowedOrigins: ['b.example'] }],
    ['headers', { ...bearer, headers: 5 }],
    ['headers/x-a', { ...bearer, headers: { 'x-a': 5 } }],
    ['headers/x.a', { ...bearer, headers: { 'x.a': { env: 'UNSET' } } }],
    ['headers/x-a/x', { ...bearer, headers: { 'x-a': { env: 'SET', x: 1 } } }],
    // A name with a blank may be a secret in the wrong place, so the path ends before it.
    ['headers', { ...bearer, headers: { 'x a': 'b' } }],
    ['headers/X-Lines', { ...bearer, headers: { 'X-Fine': 'a', 'X-Lines': 'a\nb' } }],
    ['headers/Authorization', { ...bearer, headers: { 'x-a': 'b', Authorization: 'c' } }],
    ['headers/Content-Length', { ...bearer, headers: { 'Content-Length': '5' } }],
    ['query', { ...bearer, query: 5 }],
    ['query/v', { ...bearer, query: { v: 1 } }],
    ['query/api.version', { ...bearer, query: { 'api.version': 1 } }],
    ['query', { ...apiKey, query: 'key' }],
    ['header', { ...apiKey, header: undefined }],
    ['header', { ...apiKey, header: 'x api key' }],
    ['header', { ...apiKey, header: 'host' }],
    ['prefix', { ...apiKey, prefix: 'Token\n' }],
    ['prefix', { ...apiKey, header: undefined, query: 'key', prefix: 'Token ' }],
    ['key', { ...apiKey, key: 'planted\nsecret' }],
    ['key', { ...apiKey, key: ' ' }],
    ['headers/X-API-Key', { ...apiKey, headers: { 'X-API-Key': 'k' } }],
    ['service', { ...sigV4, service: 's 3' }],
    ['service', { ...sigV4, service: 'bedrock-runtime' }],
    ['region', { ...sigV4, region: 'US-EAST-1' }],
    ['payload', { ...sigV4, payload: 'x' }],
    ['normalizePath', { ...sigV4, normalizePath: 'yes' }],
    ['signedHeaders', { ...sigV4, signedHeaders: 'few' }],
    ['sessionToken', { ...sigV4, sessionToken: 'x' }],
    ['credentials', { ...sigV4, credentials: Promise.resolve(keys) }],
    ['credentials/sessionToken', { ...sigV4, credentials: { ...keys, sessionToken: ' ' } }],
    [
      'credentials/secretAccessKey',
      { ...sigV4, credentials: { ...keys, secretAccessKey: { env: 'UNSET' } } },
    ],
    [
      'credentials/accessKeyId/timeoutMs',
      { ...sigV4, credentials: { ...keys, accessKeyId: { command: ['x'], timeoutMs: -1 } } },
    ],
    ['credentials/expiry', { ...sigV4, credentials: { ...keys, accessKeyId: { env: 'SET' }, expiry: 1 } }],
    ['credentials/profile', { ...sigV4, credentials: { awsChain: true, profile: ' ' } }],
    ['credentials/awsChain', { ...sigV4, credentials: { awsChain: 'yes' } }],
    ['credentials', { ...sigV4, credentials: { awsChain: true } }],
    ['headers/X-Amz-Date', { ...sigV4, headers: { 'X-Amz-Date': '1' } }],
    ['reason', { kind: 'none', reason: ' ', baseUrl }],
  ])('%s', async (path, definition) => {
    const error = await failure(resolveUnknown(definition))
    expect(definitionPath(error)).toEqual(path.split('/'))
    expect(inspect(error)).not.toContain('planted')
  })
})

describe('definitionPath() of an error of a request is', () => {
  const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }
  const cause = AuthError.transient('It is locked', { code: 'ERR_AUTH_VAULT' })
  const fail = () => Promise.reject(cause)
  const { resolve } = createResolver(factories, {
    env: { SET: 's' },
    readFile: fail,
    runCommand: fail,
    awsCredentials: () => fail,
  })

  it.each<[path: string, definition: Parameters<typeof resolve>[0]]>([
    ['token', { kind: 'bearer', token: { file: '/token' }, baseUrl }],
    ['key', { kind: 'api-key', key: { command: ['vault'] }, header: 'x-api-key', baseUrl }],
    [
      'credentials/secretAccessKey',
      {
        kind: 'sigv4',
        service: 's3',
        region: 'us-east-1',
        credentials: { accessKeyId: { env: 'SET' }, secretAccessKey: { command: ['vault'] } },
        baseUrl,
      },
    ],
    [
      'credentials',
      { kind: 'sigv4', service: 's3', region: 'us-east-1', credentials: { awsChain: true }, baseUrl },
    ],
  ])('%s', async (path, definition) => {
    const { provider } = await resolve(definition)
    const error = await failure(provider.applyAuth?.(request) ?? Promise.resolve())
    expect(AuthError.is(error)).toBe(true)
    expect(definitionPath(error)).toEqual(path.split('/'))
  })

  it('the variable that has been unset since', async () => {
    const env: Record<string, string> = { TOKEN: 't', ORG: 'o' }
    const resolver = createResolver(factories, { env })
    const definition = {
      kind: 'bearer',
      token: { env: 'TOKEN' },
      headers: { 'X.Org': { env: 'ORG' } },
      baseUrl,
    } as const
    const { provider } = await resolver.resolve(definition)
    delete env['ORG']
    const error = await failure(provider.applyAuth?.(request) ?? Promise.resolve())
    expect(definitionPath(error)).toEqual(['headers', 'X.Org'])
  })
})

describe('definitionPath() is', () => {
  it('the property that contradicts requiresLogin in selectAuth()', async () => {
    const error = await failure(Promise.resolve().then(() => selectAuth({ requiresLogin: true, token: 't' })))
    expect(definitionPath(error)).toEqual(['token'])
  })

  it('undefined for an error that is not of a definition', () => {
    const other = Object.assign(new Error('ENOENT'), { path: ['token'], option: 'token' })
    for (const error of [undefined, 'token', { path: ['token'] }, other, new TypeError('x')])
      expect(definitionPath(error)).toBeUndefined()
    expect(definitionPath(AuthError.build('x', { code: 'ERR_AUTH_ORIGIN' }))).toBeUndefined()
  })

  it('the option of an error of a factory: a name, or a name and a part', () => {
    expect(definitionPath(optionError('x', 'token'))).toEqual(['token'])
    expect(definitionPath(optionError('x', 'headers.x.team'))).toEqual(['headers', 'x.team'])
    const option = 'credentials.sessionToken'
    const error = AuthError.build('x', { code: 'ERR_AUTH_CREDENTIAL', option })
    expect(definitionPath(error)).toEqual(['credentials', 'sessionToken'])
  })

  it('a list that no caller can change', async () => {
    const path = definitionPath(await failure(resolveUnknown({ ...bearer, token: { env: 'UNSET' } })))
    expect(Object.isFrozen(path)).toBe(true)
  })
})

it.each([
  ['a', ['a']],
  ['a.b', ['a', 'b']],
  ['a.b.c', ['a', 'b.c']],
  ['a.b\nc', ['a', 'b\nc']],
  ['a.', ['']],
  ['.a', ['']],
  ['', ['']],
])('definitionPath() takes the option %j apart into %j', (option, path) => {
  expect(definitionPath(Object.assign(new TypeError('x'), { option }))).toEqual(path)
})

it('definitionPath() prefers a path to an option, and takes nothing else for one', () => {
  expect(definitionPath(Object.assign(new TypeError('x'), { path: ['a'], option: 'b' }))).toEqual(['a'])
  expect(definitionPath(Object.assign(new TypeError('x'), { path: 'a', option: 'b' }))).toEqual(['b'])
  expect(definitionPath(Object.assign(new TypeError('x'), { option: 5 }))).toBeUndefined()
})

it.each([
  [[], []],
  [
    ['a', 'x-b', '$c', 'd.e', '0'],
    ['a', 'x-b', '$c', 'd.e', '0'],
  ],
  [['a'.repeat(40)], ['a'.repeat(40)]],
  [['a', 'a'.repeat(41), 'b'], ['a']],
  [['a', 'b c', 'd'], ['a']],
  [['a', ' b'], ['a']],
  [['a', 'b '], ['a']],
  [['a', ''], ['a']],
  [['a b'], []],
])('withPath() shows of the path %j the part %j', (path, shown) => {
  const error = new TypeError('x')
  expect(withPath(error, path)).toBe(error)
  expect(definitionPath(error)).toEqual(shown)
  expect(Object.isFrozen(definitionPath(error))).toBe(true)
  // A caller that knows more replaces the path.
  expect(definitionPath(withPath(error, ['other']))).toEqual(['other'])
})

it('withPath() leaves other errors as they are', () => {
  const error = new Error('x')
  expect(withPath(error, ['a'])).toBe(error)
  expect(error).not.toHaveProperty('path')
  expect(withPath(5, ['a'])).toBe(5)
})

it('definitionError() is a TypeError with a message and a path', () => {
  const error = definitionError('It is malformed', ['a'])
  expect(error).toEqual(new TypeError('It is malformed'))
  expect(definitionPath(error)).toEqual(['a'])
})
