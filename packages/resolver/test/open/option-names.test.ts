import { bearerAuth } from '@outbound-auth/bearer'
import { describe, expect, it } from 'vitest'
import { selectBedrock } from '../../src/bedrock/bedrock.js'
import { createResolver, selectAuth } from '../../src/index.js'

const surroundings = { env: { AWS_REGION: 'us-east-1' } }

describe('selectBedrock() rejects with a TypeError', () => {
  it.each<[string, unknown, unknown, string]>([
    [
      'an endpoint that does not exist',
      { endpoint: 'runtim' },
      surroundings,
      "endpoint must be 'mantle' or 'runtime'",
    ],
    [
      'an inherited endpoint',
      { endpoint: 'toString' },
      surroundings,
      "endpoint must be 'mantle' or 'runtime'",
    ],
    ['a misspelled option', { regoin: 'us-east-1' }, surroundings, 'unknown option "regoin"'],
    ['misspelled surroundings', {}, { ...surroundings, logn: {} }, 'unknown option "logn"'],
    ['no options', undefined, surroundings, 'options must be an object'],
    ['no surroundings', {}, undefined, 'options must be an object'],
  ])('%s', (_, options, around, message) => {
    const call = () => selectBedrock(options as never, around as never)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })
})

describe('selectAuth() rejects with a TypeError', () => {
  it.each<[string, unknown, string]>([
    ['a misspelled policy', { agentIdentityPolicy: 'chatgpt' }, "must be 'jwt-only' or 'chatgpt-auth'"],
    [
      'a misspelled property of the scope',
      { agentIdentitypolicy: 'jwt-only' },
      'unknown option "agentIdentitypolicy"',
    ],
  ])('%s', (_, scope, message) => {
    const call = () => selectAuth({ kind: 'bearer' }, undefined, scope as never)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })
})

describe('createResolver() rejects with a TypeError', () => {
  const example = 'as in { bearer: bearerAuth }'
  it.each<[string, unknown, unknown, string]>([
    ['no factories', undefined, {}, `factories must be an object ${example}, got undefined`],
    ['a list of factories', [bearerAuth], {}, `factories must be an object ${example}, got an array`],
    [
      'a provider in place of its factory',
      { bearer: bearerAuth({ token: 't' }) },
      {},
      `bearer must be a factory ${example}, got an object`,
    ],
    ['variables that are no object', {}, { env: 'HOME' }, 'env must be an object, got'],
  ])('%s', (_, factories, options, message) => {
    expect(() => createResolver(factories as never, options as never)).toThrow(TypeError)
    expect(() => createResolver(factories as never, options as never)).toThrow(`createResolver: ${message}`)
  })
})

it('resolve() says that static query parameters are an object', async () => {
  const resolver = createResolver({ bearer: bearerAuth })
  const definition = { kind: 'bearer', token: 't', baseUrl: 'https://a.example', query: 'a=b' }
  await expect(resolver.resolveUnknown(definition)).rejects.toThrow(
    'Cannot resolve bearer: query must be an object of strings, got a string',
  )
})
