import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { createResolver, type ResolvedAuth } from '../../src/index.js'

const hour = 3_600_000

function createLab() {
  let nowMs = Date.UTC(2026, 0, 1)
  return {
    now: () => new Date(nowMs),
    dated: () => ({ token: 'a', expiresAt: new Date(nowMs + hour) }),
    /** Sends one request, and one shortly before the token expires. */
    async sendTwice({ provider }: ResolvedAuth) {
      const send = () =>
        applyAuth(provider, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
      await send()
      nowMs += hour - 60_000
      return send()
    },
  }
}

describe('createResolver() with waitUntil', () => {
  it('passes waitUntil to the sources of its providers', async () => {
    const kept: Promise<unknown>[] = []
    const { now, dated, sendTwice } = createLab()
    const resolver = createResolver(
      { bearer: bearerAuth, 'api-key': apiKeyAuth },
      { waitUntil: (promise) => kept.push(promise), runCommand: async () => dated() },
    )
    const baseUrl = 'https://a.example'
    await sendTwice(await resolver.resolve({ kind: 'bearer', token: dated, now, baseUrl }))
    expect(kept).toHaveLength(1)
    const command = { command: ['print-token'], refreshIntervalMs: 0 }
    await sendTwice(await resolver.resolve({ kind: 'api-key', key: command, header: 'x-key', now, baseUrl }))
    expect(kept).toHaveLength(2)
  })

  it('prefers the waitUntil of a definition or of its source', async () => {
    const kept: string[] = []
    const { now, dated, sendTwice } = createLab()
    const resolver = createResolver({ bearer: bearerAuth }, { waitUntil: () => kept.push('resolver') })
    const baseUrl = 'https://a.example'
    const waitUntil = () => kept.push('definition')
    await sendTwice(await resolver.resolve({ kind: 'bearer', token: dated, now, waitUntil, baseUrl }))
    const source = Object.assign(() => dated(), { waitUntil: () => kept.push('source') })
    await sendTwice(await resolver.resolve({ kind: 'bearer', token: source, now, baseUrl }))
    expect(kept).toEqual(['definition', 'source'])
  })

  it('keeps the cache options of a source', async () => {
    const { now, sendTwice } = createLab()
    let calls = 0
    const source = Object.assign(() => `token-${++calls}`, { refreshIntervalMs: 0 })
    const resolver = createResolver({ bearer: bearerAuth }, { waitUntil() {} })
    const resolved = await resolver.resolve({
      kind: 'bearer',
      token: source,
      now,
      baseUrl: 'https://a.example',
    })
    expect((await sendTwice(resolved)).headers.get('authorization')).toBe('Bearer token-1')
  })

  it('rejects a waitUntil that is not a function', () => {
    expect(() => createResolver({ bearer: bearerAuth }, { waitUntil: true as never })).toThrow('waitUntil')
  })
})
