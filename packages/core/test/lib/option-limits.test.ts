import { describe, expect, it } from 'vitest'
import { checkOptions, isLoopback, parseUrl } from '../../src/provider.js'

function thrownBy(check: () => unknown): unknown {
  try {
    check()
  } catch (error) {
    return error
  }
  return undefined
}

describe('checkOptions() takes the option', () => {
  const most = 2 ** 31 - 1
  it.each<[string, unknown]>([
    ['now', undefined],
    ['now', Date],
    ['fetch', undefined],
    ['timeoutMs', undefined],
    ['timeoutMs', 1],
    ['timeoutMs', most],
    ['refreshIntervalMs', 0],
    ['refreshIntervalMs', Infinity],
    ['replayLimitBytes', 0],
    ['otherOrigins', 'refuse'],
    ['otherOrigins', 'pass'],
    ['allowInsecureTransport', false],
    ['allowAnyText', true],
  ])('%s: %s', (name, value) => {
    expect({ ...checkOptions('create', { [name]: value }, [name]) }).toEqual({ [name]: value })
  })

  it.each<[string, unknown]>([
    ['now', new Date(0)],
    ['fetch', null],
    ['timeoutMs', 0.9],
    ['timeoutMs', most + 1],
    ['timeoutMs', Number.NaN],
    ['timeoutMs', '5'],
    ['refreshIntervalMs', -1],
    ['replayLimitBytes', -1],
    ['otherOrigins', 'refuse '],
    ['otherOrigins', ''],
    ['allowInsecureTransport', 'false'],
    ['allowAnyText', 0],
  ])('not %s: %s', (name, value) => {
    const error = thrownBy(() => checkOptions('create', { [name]: value }, [name]))
    expect(error).toMatchObject({ option: name, message: expect.stringContaining(`create: ${name} must be`) })
  })
})

it('checkOptions() names an unknown option of up to 40 characters, and no longer one', () => {
  const name = 'a'.repeat(40)
  expect(thrownBy(() => checkOptions('create', { [name]: 1 }, ['b']))).toMatchObject({ option: name })
  const longer = thrownBy(() => checkOptions('create', { [`${name}a`]: 1 }, ['b']))
  expect(longer).toBeInstanceOf(TypeError)
  expect(String(longer)).not.toContain(name)
})

describe('isLoopback() tells this machine from others:', () => {
  it.each([
    ['localhost', true],
    ['app.localhost', true],
    ['127.0.0.1', true],
    ['127.255.0.1', true],
    ['[::1]', true],
    ['evillocalhost', false],
    ['.localhost', false],
    ['localhost.example.com', false],
    ['localhostx', false],
    ['x127.0.0.1', false],
    ['127.0.0.1.example.com', false],
    ['128.0.0.1', false],
    ['x[::1]', false],
    ['[::1]x', false],
    ['[::2]', false],
  ])('%s', (hostname, isThis) => {
    expect(isLoopback(hostname)).toBe(isThis)
  })
})

describe('parseUrl()', () => {
  it.each([
    'xhttps://a.example/',
    'httpsx://a.example/',
    'ftp://a.example/',
    'https://u@a.example/',
    'https://:p@a.example/',
  ])('takes no %s', (text) => {
    expect(parseUrl(text)).toBeUndefined()
  })

  it('takes http and https', () => {
    expect(parseUrl('http://a.example')?.href).toBe('http://a.example/')
    expect(parseUrl('/b', new URL('https://a.example/'))?.href).toBe('https://a.example/b')
  })
})
