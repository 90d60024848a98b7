import { afterEach, expect, it, vi } from 'vitest'
import { selfWaitGuard } from '../../src/flight/self-wait-guard.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

it('selfWaitGuard() knows inside of which flight code runs, also after a wait, until that flight ends', async () => {
  const guard = selfWaitGuard()
  const flight = {}
  expect(guard?.isInside(flight)).toBe(false)
  const seen = await guard?.run(flight, async () => {
    await Promise.resolve()
    return [guard.isInside(flight), guard.isInside({})]
  })
  expect(seen).toEqual([true, false])
  guard?.run(flight, () => {
    guard.end()
    expect(guard.isInside(flight)).toBe(false)
  })
})

it.each<[string, unknown]>([
  ['process', undefined],
  ['getBuiltinModule', {}],
  ['node:async_hooks', { getBuiltinModule: () => undefined }],
  ['AsyncLocalStorage', { getBuiltinModule: () => ({}) }],
])('selfWaitGuard() is undefined on a platform without %s', (_, process) => {
  vi.stubGlobal('process', process)
  const guard = selfWaitGuard()
  vi.unstubAllGlobals()
  expect(guard).toBeUndefined()
})
