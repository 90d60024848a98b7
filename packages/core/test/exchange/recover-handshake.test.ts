import { expect, it } from 'vitest'
import { AuthError, bindAuth, handshakeAuth, recoverHandshake } from '../../src/index.js'
import { keyAuth, tokenAuth } from '../checks/sample-providers.js'

const url = 'wss://a.example/live'
const options = { allowedOrigins: ['https://a.example'] }

/** Gives token 1, then 2, and so on. */
function renewing() {
  let calls = 0
  const auth = tokenAuth(async () => `token-${++calls}`)
  return { auth, calls: () => calls }
}

it('recoverHandshake() lets the provider renew what was refused, once for any number of refusals', async () => {
  const { auth, calls } = renewing()
  const opened = await handshakeAuth(auth, { url }, options)
  expect(opened.headers).toEqual({ authorization: 'Token token-1' })
  const refusals = [recoverHandshake(auth, opened, 401), recoverHandshake(auth, opened, 401)]
  expect(await Promise.all(refusals)).toEqual([true, true])
  expect(await recoverHandshake(auth, opened, 401)).toBe(true)
  expect(calls()).toBe(2)
  expect((await handshakeAuth(auth, { url }, options)).headers).toEqual({ authorization: 'Token token-2' })
})

it('recoverHandshake() takes a binding, and shows the provider the request as it was signed', async () => {
  const seen: unknown[] = []
  const provider = {
    ...keyAuth('k'),
    recoverStatuses: [403],
    recover: async ({
      request,
      status,
    }: {
      request: { url: string; headers: Iterable<unknown> }
      status: number
    }) => {
      seen.push(request.url, [...request.headers], status)
      return true
    },
  }
  const auth = bindAuth(provider, { baseUrl: 'https://a.example' })
  expect(await recoverHandshake(auth, await handshakeAuth(auth, { url }), 403)).toBe(true)
  expect(seen).toEqual(['https://a.example/live', [['x-key', 'k']], 403])
})

it('recoverHandshake() is false where nothing can be renewed', async () => {
  const { auth, calls } = renewing()
  const opened = await handshakeAuth(auth, { url }, options)
  expect(await recoverHandshake(auth, opened, 403)).toBe(false)
  expect(await recoverHandshake(keyAuth('k'), opened, 401)).toBe(false)
  expect(calls()).toBe(1)
})

it('recoverHandshake() rejects with the error of the provider, or the reason of an abort', async () => {
  const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
  let isDown = false
  const auth = tokenAuth(async () => {
    if (isDown) throw error
    return 'token'
  })
  const opened = await handshakeAuth(auth, { url }, options)
  isDown = true
  await expect(recoverHandshake(auth, opened, 401)).rejects.toBe(error)
  await expect(recoverHandshake(auth, opened, 401, { signal: AbortSignal.abort('enough') })).rejects.toBe(
    'enough',
  )
  const broken = { ...keyAuth('k'), recover: () => Promise.reject(new Error('planted-secret')) }
  await expect(recoverHandshake(broken, opened, 401)).rejects.toMatchObject({ code: 'ERR_AUTH_PROVIDER' })
  await expect(recoverHandshake({} as never, opened, 401)).rejects.toThrow(TypeError)
})
