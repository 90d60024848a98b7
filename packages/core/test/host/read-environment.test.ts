import { afterEach, describe, expect, it, vi } from 'vitest'
import { readEnvironment } from '../../src/provider.js'

afterEach(() => vi.unstubAllEnvs())
afterEach(() => vi.unstubAllGlobals())

describe('readEnvironment()', () => {
  it('trims the value of a variable', () => {
    expect(readEnvironment('A_KEY', { A_KEY: ' k\n' })).toBe('k')
  })

  it.each([undefined, '', ' \n'])('returns undefined for %j', (value) => {
    expect(readEnvironment('A_KEY', { A_KEY: value })).toBeUndefined()
  })

  it('does not read a property that the object inherits', () => {
    expect(readEnvironment('constructor', {})).toBeUndefined()
    expect(readEnvironment('A_KEY', Object.create({ A_KEY: 'k' }))).toBeUndefined()
  })

  it('reads process.env at each call', () => {
    vi.stubEnv('OUTBOUND_AUTH_TEST', 'first')
    expect(readEnvironment('OUTBOUND_AUTH_TEST')).toBe('first')
    vi.stubEnv('OUTBOUND_AUTH_TEST', 'second')
    expect(readEnvironment('OUTBOUND_AUTH_TEST')).toBe('second')
    expect(readEnvironment('OUTBOUND_AUTH_TEST', {})).toBeUndefined()
  })

  it('finds nothing in a runtime without process', () => {
    vi.stubGlobal('process', undefined)
    expect(readEnvironment('PATH')).toBeUndefined()
  })
})
