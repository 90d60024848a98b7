import { expect, it } from 'vitest'
import { applyAuth, authHeaderTelemetry, createHeaderMap, noAuth } from '../../src/index.js'

it('noAuth() leaves the request as it is, with the headers of the caller', async () => {
  const headers = createHeaderMap({ authorization: 'Bearer mine' })
  const request = { method: 'GET', url: 'http://localhost:11434/', headers }
  const auth = noAuth({ reason: 'Ollama needs no key' })
  expect(await applyAuth(auth, request)).toBe(request)
  expect([...headers]).toEqual([['authorization', 'Bearer mine']])
  expect(auth).toMatchObject({ kind: 'none', reason: 'Ollama needs no key' })
  expect(authHeaderTelemetry(auth)).toEqual({ attached: false })
})

it.each(['', ' ', undefined])('noAuth() refuses the reason %j', (reason) => {
  expect(() => noAuth({ reason: reason as string })).toThrow(TypeError)
})

it('noAuth() says what is wrong with its options', () => {
  const message = 'noAuth: reason must be a string that says why no credential is sent'
  for (const reason of ['', ' \t', undefined, null, 5, ['A test']])
    expect(() => noAuth({ reason } as never)).toThrow(
      expect.objectContaining({ name: 'TypeError', message, option: 'reason' }),
    )
  expect(() => noAuth({ reasons: 'A test' } as never)).toThrow(
    new TypeError('noAuth: unknown option "reasons"; it has reason; did you mean reason?'),
  )
  expect(() => noAuth(undefined as never)).toThrow(
    new TypeError('noAuth: options must be an object, got undefined'),
  )
})

it('noAuth() declares no names', () => {
  const auth = noAuth({ reason: 'A test' })
  expect(auth).toEqual({
    kind: 'none',
    headerNames: [],
    reason: 'A test',
    addAuthHeaders: expect.any(Function),
  })
  const headers = createHeaderMap()
  auth.addAuthHeaders(headers)
  expect([...headers]).toEqual([])
})
