import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { type SigV4AuthOptions, sigV4Auth } from '../../src/index.js'

const expiration = new Date('2026-11-25T11:00:00Z')
const options: SigV4AuthOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', expiration },
  now: () => new Date('2026-11-25T10:00:00Z'),
}
const headerNames = [
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-s3session-token',
  'x-amz-content-sha256',
]

describe('sigV4Auth()', () => {
  it('tells the engine what it sets, what it reads, and which statuses it recovers from', () => {
    const auth = sigV4Auth(options)
    const shape = { kind: 'sigv4', headerNames, requiresBody: true, recoverStatuses: [400, 401, 403] }
    expect(auth).toMatchObject(shape)
    expect(auth.expiresAt?.()).toBe(expiration)
    expect(sigV4Auth({ ...options, payload: 'unsigned' })).toMatchObject({ ...shape, requiresBody: false })
  })

  it('knows the expiration of fetched credentials once they are there', async () => {
    const { credentials } = options
    const auth = sigV4Auth({ ...options, credentials: async () => credentials as never })
    expect(auth.expiresAt?.()).toBeUndefined()
    await applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
    expect(auth.expiresAt?.()).toEqual(expiration)
  })

  it('sets nothing and recovers nothing for anonymous requests', () => {
    const auth = sigV4Auth({ ...options, credentials: 'anonymous' })
    expect(auth).toMatchObject({ kind: 'sigv4', headerNames: [] })
    expect(auth.recover).toBeUndefined()
  })

  it('names itself and its options when an option is unknown', () => {
    expect(() => sigV4Auth({ ...options, regoin: 'x' } as never)).toThrow(
      /^sigV4Auth: unknown option "regoin"; it has service, region, credentials, now, /,
    )
  })

  it.each([
    ['https://localhost/a/../b', 'https://localhost/b'],
    ['https://localhost/a/.', 'https://localhost/a/'],
    ['https://localhost/a/%2E%2e/b', 'https://localhost/b'],
    ['https://localhost/a\\b', 'https://localhost/a/b'],
    ['https://localhost/a\tb', 'https://localhost/ab'],
    ['https://localhost/a\rb', 'https://localhost/ab'],
    ['https://localhost/a\nb', 'https://localhost/ab'],
    ['https://localhost/a\\../b', 'https://localhost/b'],
  ])('signs %j as fetch sends it: %s', async (url, sent) => {
    const auth = sigV4Auth(options)
    const applied = await applyAuth(auth, { method: 'get', url, headers: createHeaderMap() })
    const direct = await applyAuth(auth, { method: 'GET', url: sent, headers: createHeaderMap() })
    expect(applied).toMatchObject({ method: 'GET', url: sent })
    expect(Object.fromEntries(applied.headers)).toEqual(Object.fromEntries(direct.headers))
  })

  it.each([
    ['a string', 'text', null],
    ['bytes', new TextEncoder().encode('text'), null],
    ['a Blob', new Blob(['text'], { type: 'text/x' }), 'text/x'],
  ])('hashes %s without changing its bytes', async (_, body, type) => {
    const request = { method: 'PUT', url: 'https://a.example/', headers: createHeaderMap(), body }
    const { headers, body: sent } = await applyAuth(sigV4Auth(options), request)
    expect(headers.get('x-amz-content-sha256')).toBe(
      '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
    )
    expect(headers.get('content-type')).toBe(type)
    expect(await new Response(sent as BodyInit).text()).toBe('text')
  })

  it('hashes null as an empty body', async () => {
    const body = null as unknown as undefined
    const request = { method: 'PUT', url: 'https://a.example/', headers: createHeaderMap(), body }
    const applied = await applyAuth(sigV4Auth(options), request)
    expect(applied.headers.get('x-amz-content-sha256')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
    expect(applied.body).toBe('')
  })
})
