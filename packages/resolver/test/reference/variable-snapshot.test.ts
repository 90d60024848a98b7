import { expect, it, vi } from 'vitest'
import { variableSnapshot } from '../../src/reference/variable-snapshot.js'

it('variableSnapshot() reads a variable once, trimmed', () => {
  const env: Record<string, string> = { NAME: ' one\n', BLANK: ' ' }
  const variables = variableSnapshot({ env })
  expect(['NAME', 'BLANK', 'UNSET', 'constructor'].map(variables.get)).toEqual(['one', ...Array(3)])
  env['NAME'] = 'two'
  expect(variables.get('NAME')).toBe('one')
})

it('variableSnapshot() is current until a variable that was read has another value', () => {
  const env: Record<string, string> = { NAME: 'one', OTHER: 'a' }
  const variables = variableSnapshot({ env })
  expect([variables.isEmpty(), variables.isCurrent()]).toEqual([true, true])
  variables.get('NAME')
  variables.get('UNSET')
  env['OTHER'] = 'b'
  env['NAME'] = ' one '
  expect([variables.isEmpty(), variables.isCurrent()]).toEqual([false, true])
  env['UNSET'] = 'set'
  expect(variables.isCurrent()).toBe(false)
  delete env['UNSET']
  expect(variables.isCurrent()).toBe(true)
  env['NAME'] = 'two'
  expect(variables.isCurrent()).toBe(false)
})

it('variableSnapshot() reads the environment of the process when it has no other', () => {
  vi.stubEnv('OUTBOUND_AUTH_TEST', 'value')
  expect(variableSnapshot({}).get('OUTBOUND_AUTH_TEST')).toBe('value')
  vi.unstubAllEnvs()
})
