import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/index.js'
import { checkOption, optionError } from '../../src/provider.js'

describe('optionError()', () => {
  it('returns a TypeError that names its option', () => {
    const error = optionError('makeAuth: key is missing', 'key')
    expect(error).toBeInstanceOf(TypeError)
    expect([error.message, error.option]).toEqual(['makeAuth: key is missing', 'key'])
  })

  it('prints the message alone', () => {
    expect(inspect(optionError('makeAuth: key is missing', 'planted'))).not.toContain('planted')
  })
})

describe('checkOption()', () => {
  it('returns what the check returns', () => {
    expect(checkOption('key', () => 5)).toBe(5)
  })

  it('names the option of an error, and leaves the rest of the error', () => {
    const error = AuthError.build('The key is empty', { code: 'ERR_AUTH_CREDENTIAL', provider: 'api-key' })
    const check = () => {
      throw error
    }
    expect(() => checkOption('key', check)).toThrow(error)
    expect({ ...error }).toMatchObject({ code: 'ERR_AUTH_CREDENTIAL', provider: 'api-key', option: 'key' })
  })

  it('replaces the option that an inner check named', () => {
    const inner = () => {
      throw optionError('a part', 'part')
    }
    expect(() => checkOption('whole.part', inner)).toThrow(expect.objectContaining({ option: 'whole.part' }))
  })
})
