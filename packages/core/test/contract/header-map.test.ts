import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visitHeaders } from '../../src/exchange/index.js'
import { AuthError, type AuthProvider, applyAuth, createHeaderMap, type HeaderMap } from '../../src/index.js'
import { checkHeaderName, checkHeaderValue, checkToken, eachHeader } from '../../src/provider.js'

describe('createHeaderMap()', () => {
  it.each<[string, Parameters<typeof createHeaderMap>[0]]>([
    ['an object', { 'X-One': '1', 'x-two': '2' }],
    [
      'pairs',
      [
        ['X-One', '1'],
        ['x-two', '2'],
      ],
    ],
    ['Headers', new Headers({ 'X-One': '1', 'x-two': '2' })],
    [
      'a Map',
      new Map([
        ['X-One', '1'],
        ['x-two', '2'],
      ]),
    ],
    ['another map', createHeaderMap({ 'X-One': '1', 'x-two': '2' })],
  ])('copies %s', (_what, init) => {
    expect([...createHeaderMap(init)]).toEqual([
      ['x-one', '1'],
      ['x-two', '2'],
    ])
  })

  it('is empty without an init', () => {
    expect([...createHeaderMap()]).toEqual([])
  })

  it('copies, so that a change reaches nobody else', () => {
    const original = createHeaderMap({ a: '1' })
    const copy = createHeaderMap(original)
    copy.set('a', '2')
    expect(original.get('a')).toBe('1')
  })

  it('joins repeats as Headers does, whatever their case', () => {
    const pairs: [string, string][] = [
      ['accept', 'a'],
      ['Accept', 'b'],
      ['ACCEPT', 'c'],
    ]
    expect([...createHeaderMap(pairs)]).toEqual([...new Headers(pairs)])
  })

  it('joins cookies with a semicolon', () => {
    const pairs = [
      ['Cookie', 'a=1'],
      ['cookie', 'b=2'],
    ] as const
    expect(createHeaderMap(pairs).get('cookie')).toBe('a=1; b=2')
  })

  it.each(['xcookie', 'cookie2', 'set-cookie'])('joins %s with a comma', (name) => {
    const pairs = [
      [name, 'a=1'],
      [name, 'b=2'],
    ] as const
    expect(createHeaderMap(pairs).get(name)).toBe('a=1, b=2')
  })

  it('takes own properties only', () => {
    const init = Object.create({ 'x-inherited': '1' }) as Record<string, string>
    init['x-own'] = '2'
    expect([...createHeaderMap(init)]).toEqual([['x-own', '2']])
  })

  it('takes names of Object.prototype for headers like any other', () => {
    const map = createHeaderMap()
    expect(map.get('constructor')).toBeNull()
    expect(map.has('__proto__')).toBe(false)
    map.set('__proto__', '1')
    expect([...map]).toEqual([['__proto__', '1']])
  })

  it('behaves as Headers does, whatever is called', () => {
    const name = fc.constantFrom('a', 'A', 'b-c', 'B-C', 'd')
    const value = fc.stringMatching(/^[!-~]{0,5}$/)
    const call = fc.oneof(
      fc.record({ call: fc.constant('set' as const), name, value }),
      fc.record({ call: fc.constant('delete' as const), name }),
      fc.record({ call: fc.constant('get' as const), name }),
      fc.record({ call: fc.constant('has' as const), name }),
    )
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const maps: HeaderMap[] = [createHeaderMap(), new Headers()]
        for (const step of calls) {
          const [ours, theirs] = maps.map((map) => {
            return step.call === 'set' ? map.set(step.name, step.value) : map[step.call](step.name)
          })
          expect(ours).toBe(theirs)
        }
        const [ours = [], theirs] = maps.map((map) => [...map])
        expect(ours.sort()).toEqual(theirs)
      }),
    )
  })

  it('shows names only when it is printed', () => {
    const map = createHeaderMap({ authorization: 'Bearer secret-1', accept: 'text/plain' })
    const request = { method: 'GET', headers: map }
    const printed = [
      inspect(request, { depth: Infinity, showHidden: true, getters: true }),
      inspect(map, { customInspect: false, showHidden: true, depth: Infinity }),
      format('%o %O %j %s', map, map, map, map),
      JSON.stringify(request),
      `${map}`,
    ]
    for (const text of printed) expect(text).not.toContain('secret-1')
    expect(inspect(map)).toBe('HeaderMap { authorization, accept }')
    expect(JSON.stringify(map)).toBe('["authorization","accept"]')
  })

  it.each(['', 'a b', 'a:b', 'a\n', 'ä', 'a\0'])('refuses %j as a name', (name) => {
    expect(() => createHeaderMap().set(name, '1')).toThrow(TypeError)
    expect(() => createHeaderMap([[name, '1']])).toThrow(TypeError)
    expect(() => new Headers([[name, '1']])).toThrow(TypeError)
  })

  it.each(['\r', '\n', '\0', '\x7f', '\x1b', '\u0100', '\u{1f511}'])('refuses a value with %j', (text) => {
    const value = `secret-1${text}x: y`
    for (const attempt of [() => createHeaderMap({ a: value }), () => createHeaderMap().set('a', value)]) {
      let error: unknown
      try {
        attempt()
      } catch (thrown) {
        error = thrown
      }
      expect(AuthError.is(error) && error.kind).toBe('build')
      expect(error).toMatchObject({ code: 'ERR_AUTH_HEADER_VALUE' })
      expect(inspect(error)).not.toContain('secret-1')
    }
  })
})

describe('checkHeaderValue()', () => {
  it('lets a tab, blanks and latin1 pass', () => {
    expect(() => checkHeaderValue('x', '\t a~\x80\xff')).not.toThrow()
  })

  it('refuses what is no string', () => {
    for (const value of [undefined, null, 7, {}] as unknown as string[]) {
      expect(() => checkHeaderValue('x', value, 'mine')).toThrow(
        expect.objectContaining({
          code: 'ERR_AUTH_HEADER_VALUE',
          provider: 'mine',
          message: expect.stringContaining('Cannot set header x: the value must be a string, got'),
        }),
      )
    }
  })
})

it('checkHeaderValue() rejects each character that the platform rejects, and those beyond latin1', () => {
  const accepts = (value: string) => {
    try {
      checkHeaderValue('x', value)
    } catch (error) {
      const message =
        'Cannot set header x: the value has a character that no header may hold, such as a line break'
      expect(error).toMatchObject({ message, provider: undefined, code: 'ERR_AUTH_HEADER_VALUE' })
      return false
    }
    return true
  }
  for (let code = 0; code < 0x120; code++) {
    const isLegal = code === 9 || (code >= 0x20 && code < 0x7f) || (code >= 0x80 && code < 0x100)
    for (const value of [`${String.fromCharCode(code)}ab`, `ab${String.fromCharCode(code)}`])
      expect(accepts(value), `character ${code}`).toBe(isLegal)
  }
})

it('checkHeaderName() accepts the characters that Headers accepts', () => {
  const isAccepted = (name: string, take: (name: string) => unknown) => {
    try {
      take(name)
      return true
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      return false
    }
  }
  for (let code = 0; code < 0x120; code++) {
    for (const name of [`${String.fromCharCode(code)}a`, `a${String.fromCharCode(code)}`]) {
      const expected = isAccepted(name, (each) => new Headers([[each, '']]))
      expect(isAccepted(name, checkHeaderName), `character ${code}`).toBe(expected)
    }
  }
})

it.each<[unknown, string]>([
  [undefined, 'undefined'],
  [Promise.resolve(), 'a Promise'],
  ['', '""'],
  ['x key ABC-', '"x key ABC-"'],
  ['x '.repeat(12), `"${'x '.repeat(12)}"`],
  [`${'x '.repeat(12)}x`, 'it has " " in it'],
  ['a key_1', 'it has " " in it'],
  ['x-account: planted', 'it has ":" in it'],
  ['planted=1\u{1f511}', 'it has "=" in it'],
  ['planted\u{1f511}=', 'it has "\u{1f511}" in it'],
  ['planted\n', 'it has "\\n" in it'],
])('checkHeaderName() says of the name %j: %s', (name, words) => {
  expect(() => checkHeaderName(name as string)).toThrow(new TypeError(`Not a header name: ${words}`))
})

describe('visitHeaders()', () => {
  const visited = (init: unknown) => {
    const pairs: unknown[] = []
    visitHeaders('myAuth', init, (name, value) => pairs.push([name, value]))
    return pairs
  }

  it('visits Headers that cannot be iterated, by their forEach()', () => {
    const headers = { get: () => null, forEach: (visit: (...pair: unknown[]) => void) => visit(1, 'a') }
    expect(visited(headers)).toEqual([['a', 1]])
  })

  it('visits an object whose headers have names of methods', () => {
    for (const init of [{ get: '1' }, { get: '1', forEach: '2' }, { forEach: () => {} }, { get: () => {} }])
      expect(visited(init)).toEqual(Object.entries(init))
  })

  it('visits pairs of any type', () => {
    expect(visited([[1, null], new Set(['a', 2])])).toEqual([
      [1, null],
      ['a', 2],
    ])
  })

  it.each([
    [null, 'null'],
    [7, 'a number'],
    [Object.assign(() => {}, { a: '1' }), 'a function'],
    [Promise.resolve(), 'a Promise'],
    [[null], 'a list with something else than pairs in it'],
    [['ab'], 'a list with something else than pairs in it'],
    [[['a', '1', undefined]], 'a list with something else than pairs in it'],
    [{ [Symbol.iterator]: null }, 'an object that cannot be iterated'],
  ])('rejects case %#', (init, came) => {
    const wanted = "an object such as { 'x-account': '…' }, or a list of [name, value] pairs"
    const message = `myAuth: headers must be ${wanted}; got ${came}`
    expect(() => visited(init)).toThrow(new TypeError(message))
  })
})

describe('eachHeader()', () => {
  const visited = (init: unknown) => {
    const pairs: unknown[] = []
    eachHeader('myAuth', init as never, (name, value) => pairs.push([name, value]))
    return pairs
  }

  it('visits names and values as they are', () => {
    expect(visited({ 'X-One': '1', 'x two': 'a\nb' })).toEqual([
      ['X-One', '1'],
      ['x two', 'a\nb'],
    ])
  })

  it('rejects a name or a value that is not a string', () => {
    expect(() => visited([[7, 'planted']])).toThrow(new TypeError('Not a header name: a number'))
    expect(() => visited({ 'x-one': 7 })).toThrow(
      AuthError.build('Cannot set header x-one: the value must be a string, got a number', {
        code: 'ERR_AUTH_HEADER_VALUE',
      }),
    )
  })
})

it('any token whatever is an AuthError (build) or a header that the platform sends', async () => {
  const tokenAuth = (token: string): AuthProvider => ({
    kind: 'token',
    headerNames: ['authorization'],
    addAuthHeaders: (headers) => headers.set('authorization', `Token ${checkToken(token, 'token')}`),
  })
  let sent = 0
  let refused = 0
  const token = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.stringMatching(/^[\x20-\x7e\x80-\xff]+$/),
  )
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
      try {
        const { headers } = await applyAuth(tokenAuth(text), request)
        expect(new Headers([...headers]).get('authorization')).toBe(`Token ${text}`.trim())
        sent += 1
      } catch (error) {
        expect(AuthError.is(error) && error.kind).toBe('build')
        if (text.length >= 8) expect(inspect(error)).not.toContain(text)
        refused += 1
      }
    }),
    { numRuns: 2_000 },
  )
  expect(sent).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(100)
})
