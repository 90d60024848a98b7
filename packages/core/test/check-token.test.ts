import { describe, expect, it } from 'vitest'
import { checkToken } from '../src/index.js'

describe('checkToken()', () => {
  it('returns a token as it is', () => {
    expect(checkToken('1|a:b c~é', 'bearer')).toBe('1|a:b c~é')
  })

  it.each<[unknown, string, string]>([
    [undefined, 'ERR_AUTH_CREDENTIAL', 'The bearer credential is not a string'],
    [7, 'ERR_AUTH_CREDENTIAL', 'The bearer credential is not a string'],
    ['', 'ERR_AUTH_CREDENTIAL', 'The bearer credential is empty'],
    [' \n ', 'ERR_AUTH_CREDENTIAL', 'The bearer credential is empty'],
    [' s3cret', 'ERR_AUTH_CREDENTIAL', 'The bearer credential has blanks before or after it'],
    ['s3cret\t', 'ERR_AUTH_CREDENTIAL', 'The bearer credential has blanks before or after it'],
    ['s3cret\n', 'ERR_AUTH_HEADER_VALUE', 'Cannot set header'],
    ['s3\r\nx: y', 'ERR_AUTH_HEADER_VALUE', 'Cannot set header'],
    ['s3\0cret', 'ERR_AUTH_HEADER_VALUE', 'Cannot set header'],
    ['s3☃cret', 'ERR_AUTH_HEADER_VALUE', 'Cannot set header'],
  ])('refuses %j and does not show it', (token, code, message) => {
    const error = (() => {
      try {
        return checkToken(token, 'bearer')
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toMatchObject({ kind: 'build', code, provider: 'bearer' })
    expect(String(error)).toContain(message)
    expect(String(error)).not.toContain('s3')
  })
})
