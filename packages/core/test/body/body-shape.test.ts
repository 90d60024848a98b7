import { describe, expect, it } from 'vitest'
import { isBlob } from '../../src/body/body-shape.js'

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
