import { describe, expect, it } from 'vitest'
import { checkToken } from '../../src/provider.js'

describe('checkToken()', () => {
  it('returns a token as it is', () => {
    expect(checkToken('1|a:b c~!$%', 'bearer')).toBe('1|a:b c~!$%')
  })

  it('refuses unknown options by their names', () => {
    expect(() => checkToken('<token>', 'bearer', { allowAnytext: true } as object)).toThrow(
      new TypeError(
        'checkToken: unknown option "allowAnytext"; it has allowAnyText; did you mean allowAnyText?',
      ),
    )
  })

  it.each<[unknown, string, string]>([
    [undefined, 'ERR_AUTH_CREDENTIAL', 'must be a string, got undefined: is the variable or property set?'],
    [7, 'ERR_AUTH_CREDENTIAL', 'must be a string, got a number'],
    ['', 'ERR_AUTH_CREDENTIAL', 'The bearer credential is empty'],
    [' \n ', 'ERR_AUTH_CREDENTIAL', 'The bearer credential is empty'],
    [' s3cret', 'ERR_AUTH_CREDENTIAL', 'The bearer credential has whitespace before or after it: trim it'],
    ['s3cret\t', 'ERR_AUTH_CREDENTIAL', 'The bearer credential has whitespace before or after it: trim it'],
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

/** The message of what `checkToken` throws for a value. */
function messageFor(value: unknown): string {
  try {
    return checkToken(value, 'bearer')
  } catch (error) {
    return (error as Error).message
  }
}

describe('checkToken() says what came instead of a string, and what to do', () => {
  it.each<[string, unknown, string]>([
    ['a promise', Promise.resolve('s3'), 'got a Promise: pass the function itself, or await it'],
    ['null', null, 'got null: is the variable or property set?'],
    ['a function', () => 's3', 'got a function: a source returns a string'],
    [
      'the response of a token endpoint',
      { access_token: 's3', expires_in: 3600 },
      'got an object with access_token, expires_in: a source returns a string or { token, expiresAt }',
    ],
    [
      'a misspelt reference',
      { enviroment: 'S3' },
      'got an object with enviroment: a source returns a string',
    ],
    ['a reference in the wrong place', { env: 'S3' }, 'got an object with env: a source returns a string'],
    ['an unknown object', { value: 's3' }, 'a source returns a string or { token, expiresAt }'],
    ['an object with a secret for a name', { 's3-cret-1': true }, 'got an object:'],
    ['an array', ['s3'], 'got an array'],
    ['bytes', new TextEncoder().encode('s3'), 'got bytes'],
    ['a boolean', true, 'got a boolean'],
    ['a symbol', Symbol('s3'), 'got a symbol'],
  ])('%s', (_, value, message) => {
    expect(messageFor(value)).toContain(message)
    expect(messageFor(value)).not.toMatch(/s3/i)
  })
})

describe('checkToken() rejects an obvious placeholder and says what to write instead', () => {
  it.each<[string, string]>([
    ['undefined', 'is the text undefined: a variable or property had no value'],
    ['null', 'is the text null: a variable or property had no value'],
    ['[object Object]', 'or an object was turned into a string'],
    ['[object Promise]', 'or an object was turned into a string'],
    ['"s3cret"', 'is in quotes: remove them'],
    ["'s3cret'", 'is in quotes: remove them'],
    ['$API_KEY', "write { env: 'API_KEY' }"],
    ['$' + '{API_KEY_2}', "write { env: 'API_KEY_2' }"],
    ['%API_KEY%', 'is a placeholder: put the value there'],
    ['{{ API_KEY }}', 'is a placeholder: put the value there'],
    ['<your token>', 'is a placeholder: put the value there'],
  ])('%s', (token, message) => {
    expect(messageFor(token)).toContain(message)
    expect(checkToken(token, 'bearer', { allowAnyText: true })).toBe(token)
  })

  it.each([
    'undefined-1',
    'nullable',
    '$2b$10$abcDEF',
    '$Name',
    '$' + '{name}',
    'a"b"',
    '"',
    'NAME',
    'sk-$NAME',
    'ollama',
  ])('and no other value: %s', (token) => {
    expect(checkToken(token, 'bearer')).toBe(token)
  })
})

describe('checkToken() says the whole of what is wrong and what to do:', () => {
  const noValue = (text: string) =>
    `is the text ${text}: a variable or property had no value, or an object was turned into a string`
  const variable = (name: string) =>
    `is the name of a variable, not its value: write { env: '${name}' } in a definition, or process.env.${name}`
  const shape = (came: string) =>
    `must be a string, got ${came}: a source returns a string or { token, expiresAt }`
  it.each<[unknown, string]>([
    [undefined, 'must be a string, got undefined: is the variable or property set?'],
    [7, shape('a number')],
    [{ access_token: 's3' }, shape('an object with access_token')],
    ['', 'is empty'],
    ['\t', 'is empty'],
    ['undefined', noValue('undefined')],
    ['null', noValue('null')],
    [' NaN ', noValue('NaN')],
    ['[object Object]', noValue('[object Object]')],
    ['"s3cret"', 'is in quotes: remove them'],
    ["'s3'cret'", 'is in quotes: remove them'],
    ['`s3\ncret`', 'is in quotes: remove them'],
    ['$A', variable('A')],
    ['$' + '{_KEY_2}', variable('_KEY_2')],
    ['$' + 'KEY}', variable('KEY')],
    ['<>', 'is a placeholder: put the value there'],
    ['<your token>', 'is a placeholder: put the value there'],
    ['%KEY_2%', 'is a placeholder: put the value there'],
    ['%_%', 'is a placeholder: put the value there'],
    ['{{KEY_2}}', 'is a placeholder: put the value there'],
    ['{{ _KEY }}', 'is a placeholder: put the value there'],
    [' s3cret', 'has whitespace before or after it: trim it'],
  ])('%j', (token, problem) => {
    expect(() => checkToken(token, 'bearer')).toThrow(
      expect.objectContaining({
        kind: 'build',
        code: 'ERR_AUTH_CREDENTIAL',
        provider: 'bearer',
        message: `The bearer credential ${problem}`,
      }),
    )
  })

  it.each([
    'xundefined',
    'nulls',
    '[object]',
    '[object Object] s3',
    'x"s3"',
    '"s3"x',
    `"s3'`,
    'x$KEY',
    '$KEY-1',
    '$2KEY',
    '$',
    'x<token>',
    '<token>x',
    '<a<b>',
    '<a>b>',
    'x%KEY%',
    '%KEY%x',
    '%2KEY%',
    '%key%',
    '%%',
    'x{{KEY}}',
    '{{KEY}}x',
    '{{  KEY}}',
    '{{KEY  }}',
    '{{2KEY}}',
    '{{key}}',
    '{{ }}',
    '{KEY}',
  ])('and takes %j', (token) => {
    expect(checkToken(token, 'bearer')).toBe(token)
  })

  it('where any text is allowed, still not without a text', () => {
    const any = { allowAnyText: true }
    expect(checkToken('null', 'bearer', any)).toBe('null')
    expect(() => checkToken(' ', 'bearer', any)).toThrow('The bearer credential is empty')
    expect(() => checkToken('a ', 'bearer', any)).toThrow('has whitespace before or after it')
    expect(() => checkToken('null', 'bearer', { allowAnyText: false })).toThrow('is the text null')
  })
})
