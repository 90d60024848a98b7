import { describe, expect, it } from 'vitest'
import { apiKeyAuth } from '../src/index.js'

function thrownBy(options: object): unknown {
  try {
    apiKeyAuth(options as never)
  } catch (error) {
    return error
  }
  throw new Error('It did not fail')
}

describe('an error of apiKeyAuth() names function and option:', () => {
  it.each<[string, object]>([
    ['header', { key: 'k' }],
    ['header', { key: 'k', header: 5 }],
    ['query', { key: 'k', query: '' }],
    ['query', { key: 'k', header: 'x-key', query: 'key' }],
    ['prefix', { key: 'k', query: 'key', prefix: 'Key ' }],
    ['prefix', { key: 'k', header: 'x-key', prefix: 7 }],
    ['header', { key: 'k', header: 'host' }],
    ['key', { header: 'x-key' }],
    ['otherwise', { key: 'k', header: 'x-key', otherwise: 1 }],
  ])('%s, for %j', (option, options) => {
    const message = expect.stringContaining('apiKeyAuth')
    expect(thrownBy(options)).toMatchObject({ name: 'TypeError', option, message })
  })

  it.each<[string, object]>([
    ['header', { key: 'k', header: 'a b' }],
    ['prefix', { key: 'k', header: 'x-key', prefix: 'a\nb' }],
    ['key', { key: 'undefined', header: 'x-key' }],
    ['key', { key: '', query: 'key' }],
  ])('%s, where its value is no legal one: %j', (option, options) => {
    expect(thrownBy(options)).toMatchObject({ option })
  })

  it.each(['a\nb', 'é\n'])('the kind, for the prefix %j that no header can hold', (prefix) => {
    expect(thrownBy({ key: 'k', header: 'x-key', prefix })).toMatchObject({
      code: 'ERR_AUTH_HEADER_VALUE',
      provider: 'api-key',
    })
  })
})

it('apiKeyAuth() takes with allowAnyText a literal that looks like a placeholder', () => {
  const headers = new Headers()
  apiKeyAuth({ key: 'undefined', header: 'x-key', allowAnyText: true }).addAuthHeaders(headers)
  expect(headers.get('x-key')).toBe('undefined')
})

it('apiKeyAuth() adds the key of a source to headers once it is there', async () => {
  const auth = apiKeyAuth({
    key: () => ({ token: 'k', expiresAt: new Date(Date.now() + 3_600_000) }),
    header: 'x-key',
  })
  const cold = new Headers()
  auth.addAuthHeaders(cold)
  expect([...cold]).toEqual([])
  const request = { method: 'GET', url: 'https://a.example/', headers: new Headers() }
  const applied = await auth.applyAuth?.(request)
  expect(applied?.headers.get('x-key')).toBe('k')
  const warm = new Headers()
  auth.addAuthHeaders(warm)
  expect([...warm]).toEqual([['x-key', 'k']])
})

it('apiKeyAuth() says whether it got no place for the key or two', () => {
  expect(String(thrownBy({ key: 'k' }))).toMatch(/neither/)
  expect(String(thrownBy({ key: 'k', header: 'x-key', query: 'key' }))).toMatch(/both/)
})
