import { describe, expect, it } from 'vitest'
import { type StormTokenRequest, stormToken } from '../../src/shapes/storm-token.js'
import { bearerOf } from './bearer-of.js'

const options = { origin: 'https://api.example.com' }

describe('stormToken()', () => {
  it('tells a storm of challenges from one of rejections', async () => {
    let calls = 0
    const tokens = stormToken(
      'test',
      bearerOf(() => `token-${++calls}`, 0),
      options,
    )
    const tokenOf = async (request?: StormTokenRequest) => (await tokens.get(request)).token
    const claims = '{"access_token":{}}'
    expect(await tokenOf()).toBe('token-1')
    expect(await tokenOf({ isRejected: true })).toBe('token-2')
    expect(await tokenOf({ claims })).toBe('token-3')
    expect(await tokenOf({ isRejected: true, claims })).toBe('token-3')
    expect(await tokenOf({ isRejected: true })).toBe('token-4')
    expect(await tokenOf({ isRejected: false })).toBe('token-4')
  })

  it('ends the wait for another token when the signal aborts', async () => {
    let calls = 0
    const auth = bearerOf(() => (++calls === 1 ? 'token-1' : new Promise(() => {})), 0)
    const tokens = stormToken('test', auth, options)
    await tokens.get()
    for (const request of [{ isRejected: true }, { claims: '{"access_token":{}}' }]) {
      const controller = new AbortController()
      const waiting = tokens.get({ ...request, signal: controller.signal })
      const reason = new Error('The caller gave up')
      controller.abort(reason)
      await expect(waiting).rejects.toBe(reason)
    }
  })
})
