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
