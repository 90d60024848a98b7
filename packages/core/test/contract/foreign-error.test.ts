import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeThrown } from '../../src/contract/foreign-error.js'
import { AuthError, applyAuth, createHeaderMap } from '../../src/index.js'
import type { ForeignError } from '../../src/provider.js'

const code = 'ERR_AUTH_SOURCE'
const marker = 'hunter2-planted-marker'

/** The kept part of an error that a source has thrown. */
function kept(cause: unknown): ForeignError {
  return AuthError.transient('The vault does not respond', { code, cause }).cause as ForeignError
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('It threw nothing')
}

describe('AuthError keeps of a foreign error', () => {
  it("the user's own lines, first the one that threw", () => {
    const readToken = () => {
      const response = {} as { data: { token: string } }
      return response.data.token
    }
    const { name, stack = [] } = kept(thrownBy(readToken))
    expect(name).toBe('TypeError')
    expect(stack.length).toBeGreaterThan(1)
    expect(stack.length).toBeLessThanOrEqual(10)
    expect(stack[0]).toMatch(/^at readToken \(.*foreign-error\.test\.ts:\d+:\d+\)$/)
  })

  it('code and syscall of a refused connection that fetch hides in its causes', async () => {
    const error = await fetch('http://127.0.0.1:1/').catch((thrown: unknown) => thrown)
    const refused = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    })
    const own = new TypeError('fetch failed', { cause: refused })
    expect(kept(error).name).toBe('TypeError')
    expect(kept(error).cause).toBeDefined()
    expect(kept(own).cause).toEqual({ name: 'Error', code: 'ECONNREFUSED', syscall: 'connect' })
  })

  it('five causes at most, also of errors that cause each other', () => {
    const first = new Error('first')
    first.cause = new Error('second', { cause: first })
    let depth = 0
    for (let cause: ForeignError | undefined = kept(first); cause; cause = cause.cause) depth++
    expect(depth).toBe(6)
  })

  it('ten frames at most', () => {
    const recurse = (left: number): never => {
      if (left > 0) return recurse(left - 1)
      throw new Error('deep')
    }
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 50
    try {
      expect(kept(thrownBy(() => recurse(30))).stack).toHaveLength(10)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  })

  it.each<[string, unknown]>([
    ['a text', `text ${marker}`],
    ['a function', () => marker],
    ['a cause that is a text', new Error('no', { cause: marker })],
    ['a message', new Error(`token=${marker}`)],
    ['a message of several lines', new Error(`no\n    at ${marker} (file:///a.js:1:2)\n    at b (c:1:2)`)],
    ['a message of lines that look like frames', new Error(`\n    at ${marker} (file:///a.js:1:2)`)],
    ['a name of several lines', Object.assign(new Error('no'), { name: `A\n    at ${marker} (a:1:2)` })],
    ['a syscall', Object.assign(new Error('no'), { syscall: marker })],
    ['a property', Object.assign(new Error('no'), { config: { headers: { authorization: marker } } })],
    ['a cause of a cause', new Error('no', { cause: new Error(marker, { cause: new Error(marker) }) })],
    ['a list of errors', new AggregateError([new Error(marker)], marker)],
  ])('no secret in %s', (_, cause) => {
    expect(inspect(kept(cause), { depth: Infinity, showHidden: true })).not.toContain(marker)
  })

  it.each<[string, (error: Error) => void]>([
    ['replaced', (error) => Object.assign(error, { message: 'other' })],
    ['emptied', (error) => Object.assign(error, { message: '' })],
    ['cut', (error) => Object.assign(error, { message: marker })],
    ['lengthened', (error) => Object.assign(error, { message: `${error.message}!` })],
  ])('no line of a stack whose message has been %s since', (_, change) => {
    const message = `first: ${marker}\n    at ${marker} (file:///a.js:1:2)`
    const error = Object.assign(new Error(message), {
      stack: `Error: ${message}\n    at run (file:///b.js:1:2)`,
    })
    change(error)
    expect(kept(error).stack).toBeUndefined()
  })

  it('no frame in a module that is its own URL, and no query of another one', () => {
    const frames = [
      `    at run (data:text/javascript,throw%20new%20Error('${marker}'):1:7)`,
      `    at blob:nodedata:${marker}:1:7`,
      `    at run (file:///app/login.js?token=${marker}:12:34)`,
      `    at async https://user:${marker}@cdn.example/login.js#${marker}:5:6`,
      `    at not a frame ${marker}`,
      `  at ${marker}:1:2`,
    ]
    const error = new Error('no')
    error.stack = `Error: no\n${frames.join('\n')}`
    expect(kept(error).stack).toEqual([
      'at run (file:///app/login.js:12:34)',
      'at async https://cdn.example/login.js:5:6',
    ])
  })

  it('no secret of a data: module that throws', async () => {
    const source = `export const run = () => { const token = '${marker}'; throw new Error('no') }`
    const { run } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as { run(): void }
    expect(inspect(kept(thrownBy(run)), { depth: Infinity })).not.toContain(marker)
  })

  it('nothing that a getter or a proxy throws', () => {
    const hostile = new Proxy(new Error('no'), {
      get() {
        throw new Error(marker)
      },
    })
    expect(kept(hostile)).toEqual({ name: 'Error' })
  })
})

it('applyAuth() says which error a provider threw, and what caused it', async () => {
  const refused = Object.assign(new Error(marker), { code: 'ECONNREFUSED', syscall: 'connect' })
  const provider = {
    kind: 'custom',
    headerNames: ['authorization'],
    addAuthHeaders() {
      throw new TypeError('fetch failed', { cause: refused })
    },
  }
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  await expect(applyAuth(provider, request)).rejects.toMatchObject({
    code: 'ERR_AUTH_PROVIDER',
    message: 'The custom provider threw TypeError, caused by Error ECONNREFUSED (connect), not an AuthError',
  })
})

describe('describeThrown()', () => {
  const error = (properties: object) => Object.assign(new Error(marker), properties)

  it.each<[unknown, string]>([
    [new TypeError(marker), 'TypeError'],
    [error({ name: 'ExpiredToken', code: 'ExpiredToken' }), 'ExpiredToken'],
    [error({ code: 0, syscall: 'connect' }), 'Error (connect)'],
    [error({ code: 'ENOENT', syscall: 'open' }), 'Error ENOENT (open)'],
    [
      error({ cause: error({ code: 42, cause: new RangeError() }) }),
      'Error, caused by Error 42, caused by RangeError',
    ],
    [marker, 'a string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [() => {}, 'a function'],
  ])('names %o', (thrown, words) => {
    expect(describeThrown(thrown)).toBe(words)
  })
})

describe('AuthError keeps only what is shaped like', () => {
  it.each(['Error', 'HTTPError', 'Ab'])('a name: %s', (name) => {
    expect(kept({ name })).toStrictEqual({ name })
  })
  it.each(['A', 'Err1', 'error', ' Error', 'Error ', 'xError', 'A-b'])('a name, not %j', (name) => {
    expect(kept({ name })).toStrictEqual({ name: 'Error' })
  })
  it.each(['EAI_AGAIN', 'ERR_2_X3', 'E2BIG_X', 'E2', 'Expired'])('a code: %s', (code) => {
    expect(kept({ code })).toStrictEqual({ name: 'Error', code })
  })
  it.each([
    'ERR_',
    '_ERR',
    'ERR__X',
    'ERR_x',
    'E22',
    '2E',
    'ExpiredT',
    'Ab2',
    'ECONN\n',
    ' ECONN',
    'aEC',
    'ECx',
  ])('a code, not %j', (code) => expect(kept({ code })).toStrictEqual({ name: 'Error' }))
  it.each(['connect', 'open file'])('a system call: %s', (syscall) => {
    expect(kept({ syscall })).toStrictEqual({ name: 'Error', syscall })
  })
  it.each(['', 'Connect', 'open2', 'open  file', 'open File', 'open a file', 'open ', ' open', '1 open'])(
    'a system call, not %j',
    (syscall) => expect(kept({ syscall })).toStrictEqual({ name: 'Error' }),
  )
  it.each<[unknown, object]>([
    [{ name: 'TypeError', message: '' }, { cause: { name: 'TypeError' } }],
    [{ name: 'TypeError', message: 1 }, {}],
    [{ name: 1, message: '' }, {}],
  ])('an error in its cause: %j', (cause, expected) => {
    expect(kept({ cause })).toStrictEqual({ name: 'Error', ...expected })
  })
  it('a status', () => {
    expect(kept({ status: 0, code: 0 })).toStrictEqual({ name: 'Error', status: 0, code: 0 })
    expect(kept({ status: '503', code: {} })).toStrictEqual({ name: 'Error' })
  })

  it.each([{ name: 7 }, { name: ['Error'] }, { code: ['ECONN'] }, { syscall: 7 }, { syscall: ['open'] }])(
    'a label, not %j',
    (labels) => expect(kept(labels)).toStrictEqual({ name: 'Error' }),
  )

  const place = 'file:///app/login.js:12:34'
  it.each([
    [`at run (${place})`],
    [`at ${place}`],
    [`at async Promise.all (index 0:1:2)`],
    ['at x(y)?z (file:///a.js:1:2)'],
    ['at user@host (file:///a.js:1:2)'],
  ])('a line of a stack: %s', (line) => {
    expect(kept({ message: '', stack: `Error\n    ${line}` }).stack).toEqual([line])
  })
  it.each([
    `   at ${place}`,
    `     at ${place}`,
    `x    at ${place}`,
    `    at ${place} `,
    '    at file:///a.js:12',
    '    at file:///a.js:1:b',
    '    at a\u0085b:1:2',
    '    AT',
    '    at DATA:text/javascript,1:1:2',
    '    at JavaScript:1:1:2',
  ])('a line of a stack, not %j', (line) => {
    expect(kept({ message: '', stack: `Error\n${line}` }).stack).toBeUndefined()
  })
  it('the stack of its present message, whose first line is the name', () => {
    const frame = `at ${place}`
    const stackOf = (message: unknown, stack: unknown) => kept({ message, stack }).stack
    expect(stackOf('no', `Error: no\n    ${frame}\nand\n    ${frame}`)).toEqual([frame, frame])
    expect(stackOf('no', `A: Error: no\n    ${frame}`)).toBeUndefined()
    expect(stackOf('no', `A\nError: no\n    ${frame}`)).toBeUndefined()
    expect(stackOf(7, `Error: 7\n    ${frame}`)).toBeUndefined()
    expect(stackOf('no', {})).toBeUndefined()
    expect(stackOf('', `\n    ${frame}`)).toEqual([frame])
  })
})
