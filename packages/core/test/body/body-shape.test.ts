import { describe, expect, it } from 'vitest'
import {
  bytesOf,
  isBlob,
  isForm,
  isFormStream,
  isSearchParams,
  isStream,
  isWebStream,
  tagOf,
} from '../../src/body/body-shape.js'

describe('isBlob()', () => {
  const blob = { size: 1, type: '', arrayBuffer: async () => new ArrayBuffer(1) }

  it.each([
    ['a Blob', new Blob(['a']), true],
    ['a Blob of a library', blob, true],
    ['one that can only be streamed', { size: 1, type: '', stream: () => {} }, true],
    ['a Response', Object.assign(new Response('a'), { size: 1 }), false],
    ['an object with headers', { ...blob, headers: {} }, false],
    ['a Node stream', { ...blob, pipe: () => {} }, false],
    ['an object that cannot be read', { size: 1, type: '' }, false],
    ['an object without a size', { ...blob, size: undefined }, false],
    ['an object without a type', { ...blob, type: 1 }, false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['a text', 'text', false],
  ])('of %s', (_, body, expected) => {
    expect(isBlob(body)).toBe(expected)
  })
})

const shapes = {
  isStream: [[['pipe'], ['getReader'], ['getReader', 'pipe']], isStream],
  isWebStream: [[['getReader']], isWebStream],
  isSearchParams: [[['append', 'getAll', 'entries', 'sort']], isSearchParams],
  isForm: [
    [
      ['append', 'getAll', 'entries'],
      ['append', 'getAll', 'entries', 'delete'],
    ],
    isForm,
  ],
  isFormStream: [[['getHeaders', 'getBuffer', 'getBoundary']], isFormStream],
} as const

describe.each(Object.entries(shapes))('%s()', (name, [sets, isShape]) => {
  const withMethods = (methods: readonly string[], value: unknown = () => {}) =>
    Object.fromEntries(methods.map((method) => [method, value]))

  it('is true for an object with all of its methods', () => {
    for (const methods of sets) expect(isShape(withMethods(methods))).toBe(true)
  })

  it('is false where a method is missing or is no function, and for what is not an object', () => {
    const [methods] = sets
    for (const missing of methods) {
      const others = methods.filter((method: string) => method !== missing)
      const isOther = name === 'isSearchParams' && missing === 'sort'
      if (!isOther) expect(isShape(withMethods(others))).toBe(false)
      expect(isShape({ ...withMethods(methods), [missing]: 'text' })).toBe(false)
    }
    const callable = Object.assign(() => {}, withMethods(methods))
    for (const other of [callable, 'text', 5, null, undefined, {}]) expect(isShape(other)).toBe(false)
  })
})

it('isForm() is false for search parameters', () => {
  expect([isForm(new FormData()), isForm(new URLSearchParams())]).toEqual([true, false])
  expect([isSearchParams(new FormData()), isSearchParams(new URLSearchParams())]).toEqual([false, true])
})

const tagged = (tag: string) => Object.defineProperty(new ArrayBuffer(1), Symbol.toStringTag, { value: tag })

describe('bytesOf()', () => {
  const buffer = new Uint8Array([1, 2, 3, 4]).buffer

  it.each<[string, ArrayBuffer | ArrayBufferView, number[]]>([
    ['a buffer', buffer, [1, 2, 3, 4]],
    ['bytes', new Uint8Array(buffer, 1, 2), [2, 3]],
    ['a Buffer', Buffer.from(buffer, 1, 2), [2, 3]],
    ['a DataView', new DataView(buffer, 1, 2), [2, 3]],
    ['numbers of 16 bits', new Uint16Array(buffer, 2), [3, 4]],
  ])('shows the bytes of %s without a copy', (_what, body, expected) => {
    const bytes = bytesOf(body)
    expect([...(bytes ?? [])]).toEqual(expected)
    expect(bytes?.buffer).toBe(buffer)
    expect(bytesOf(new Uint8Array(buffer))).toBeInstanceOf(Uint8Array)
  })

  it('gives bytes back as they came', () => {
    const bytes = Buffer.from(buffer)
    expect(bytesOf(bytes)).toBe(bytes)
  })

  it('copies bytes that other threads could change', () => {
    const shared = new SharedArrayBuffer(3)
    const bytes = new Uint8Array(shared)
    bytes.set([1, 2, 3])
    const copies = [bytesOf(shared), bytesOf(new Uint8Array(shared, 1)), bytesOf(new DataView(shared, 1, 1))]
    bytes.fill(0)
    expect(copies).toEqual([new Uint8Array([1, 2, 3]), new Uint8Array([2, 3]), new Uint8Array([2])])
  })

  it.each<[string, unknown]>([
    ['an object with the tag of a buffer', { [Symbol.toStringTag]: 'ArrayBuffer', length: 2 }],
    ['an object with the prototype of bytes', Object.create(Uint8Array.prototype)],
    ['a buffer that has another name', tagged('MyArrayBuffer')],
    ['a buffer that has a longer name', tagged('ArrayBuffers')],
    ['a list of numbers', [1, 2]],
    ['a number', 5],
    ['a string', 'text'],
    ['null', null],
    ['undefined', undefined],
  ])('is undefined for %s', (_what, body) => {
    expect(bytesOf(body)).toBeUndefined()
  })
})

it.each([
  [null, 'Null'],
  [undefined, 'Undefined'],
  [[], 'Array'],
  [new Date(), 'Date'],
  [new FormData(), 'FormData'],
])('tagOf() names %o', (value, tag) => {
  expect(tagOf(value)).toBe(tag)
})
