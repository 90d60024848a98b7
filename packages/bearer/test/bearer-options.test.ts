import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { bearerAuth, oauthRefresh, rotatingToken } from '../src/index.js'

function thrownBy(create: () => unknown): unknown {
  try {
    create()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail')
}

describe('an error of bearerAuth() names the option', () => {
  it.each<[string, unknown]>([
    ['headers', { token: 'a', headers: { authorization: 'b' } }],
    ['token', {}],
    ['token', { token: '' }],
    ['token', { token: 'a b' }],
    ['token', { token: 'é' }],
  ])('%s, for %j', (option, options) => {
    expect(thrownBy(() => bearerAuth(options as never))).toMatchObject({ option })
  })

  it('token, also when a source gives it', async () => {
    const auth = bearerAuth({ token: () => 'a b' })
    const request = { method: 'GET', url: 'https://api.example.com/', headers: new Headers() }
    const error = await auth.applyAuth?.(request).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ option: 'token', provider: 'bearer', code: 'ERR_AUTH_CREDENTIAL' })
  })
})

it('bearerAuth() says that a token begins with `Bearer ` only where it does', () => {
  const message = (token: string) => String(thrownBy(() => bearerAuth({ token })))
  expect(message('Bearer abc')).toContain('`Bearer `')
  expect(message('abc bearer def')).not.toContain('`Bearer `')
})

describe('allowAnyText of bearerAuth()', () => {
  const sent = async (auth: ReturnType<typeof bearerAuth>) => {
    const request = { method: 'GET', url: 'https://api.example.com/', headers: new Headers() }
    if (!auth.applyAuth) auth.addAuthHeaders(request.headers)
    return (await (auth.applyAuth?.(request) ?? request)).headers.get('authorization')
  }
  const source = (allowAnyText?: boolean) =>
    Object.assign(() => 'undefined', allowAnyText !== undefined && { allowAnyText })

  it('lets a literal be what looks like a placeholder or has letters outside of ASCII', async () => {
    expect(await sent(bearerAuth({ token: 'undefined', allowAnyText: true }))).toBe('Bearer undefined')
    expect(await sent(bearerAuth({ token: 'é', allowAnyText: true }))).toBe('Bearer é')
    expect(thrownBy(() => bearerAuth({ token: 'undefined' }))).toBeInstanceOf(AuthError)
  })

  it('is taken from the source, unless the option is given', async () => {
    expect(await sent(bearerAuth({ token: source(true) }))).toBe('Bearer undefined')
    expect(await sent(bearerAuth({ token: source(), allowAnyText: true }))).toBe('Bearer undefined')
    const invalid = { code: 'ERR_AUTH_CREDENTIAL' }
    await expect(sent(bearerAuth({ token: source() }))).rejects.toMatchObject(invalid)
    await expect(sent(bearerAuth({ token: source(true), allowAnyText: false }))).rejects.toMatchObject(
      invalid,
    )
  })

  it('of the source holds for letters outside of ASCII, too', async () => {
    const foreign = Object.assign(() => 'é', { allowAnyText: true })
    expect(await sent(bearerAuth({ token: foreign }))).toBe('Bearer é')
    await expect(sent(bearerAuth({ token: () => 'é' }))).rejects.toMatchObject({ provider: 'bearer' })
  })
})

describe('a TypeError of', () => {
  const refresh = async () => ({ accessToken: 'a' })

  it.each([
    ['rotatingToken()', () => rotatingToken({} as never), /rotatingToken.*store/],
    ['rotatingToken()', () => rotatingToken({ refresh } as never), /rotatingToken.*store/],
    [
      'oauthRefresh()',
      () => oauthRefresh({ tokenEndpoint: 'https://a.example' } as never),
      /oauthRefresh.*clientId/,
    ],
    [
      'oauthRefresh()',
      () => oauthRefresh({ tokenEndpoint: 'https://a.example', clientId: 5 as never }),
      /oauthRefresh.*clientId/,
    ],
    [
      'oauthRefresh()',
      () => oauthRefresh({ tokenEndpoint: 'https://a.example', clientId: 'a', scope: '' }),
      /oauthRefresh.*scope/,
    ],
  ])('%s names function and option', (_, create, message) => {
    const error = thrownBy(create)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(message)
  })
})
