import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, expect, it, vi } from 'vitest'
import { diagnosticsObserver } from '../src/diagnostics.js'
import { createExchange } from '../src/exchange/index.js'
import { createHeaderMap } from '../src/index.js'
import { keyAuth } from './checks/sample-providers.js'

const seen: unknown[] = []
const subscriber = (message: unknown) => seen.push(message)

afterEach(() => {
  unsubscribe('outbound-auth:applied', subscriber)
  seen.length = 0
  vi.restoreAllMocks()
})

const exchange = createExchange(keyAuth('secret-1'), {
  allowedOrigins: ['https://a.example'],
  observer: diagnosticsObserver,
})
const outbound = { method: 'GET', url: 'https://a.example/p?q=1', headers: createHeaderMap() }

it('diagnosticsObserver() publishes each event on the channel of its type', async () => {
  subscribe('outbound-auth:applied', subscriber)
  await exchange.prepare(outbound)
  expect(seen).toEqual([
    {
      type: 'applied',
      kind: 'key',
      headerNames: ['x-key'],
      queryNames: [],
      origin: 'https://a.example',
      attempt: 0,
      durationMs: expect.any(Number),
      agentIdentity: undefined,
    },
  ])
})

it('diagnosticsObserver() publishes nothing while nobody listens', async () => {
  const publish = vi.spyOn(channel('outbound-auth:applied'), 'publish')
  await exchange.prepare(outbound)
  expect(publish).not.toHaveBeenCalled()
})
