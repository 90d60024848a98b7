import { expect, it } from 'vitest'
import { notify } from '../src/exchange.js'

it('notify() lets no rejection of an asynchronous observer become an unhandled one', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const event = { type: 'selected', kind: 'test', reason: 'r' } as const
  notify(async () => {
    throw new Error('asynchronous')
  }, event)
  await new Promise((resolve) => setTimeout(resolve, 10))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})
