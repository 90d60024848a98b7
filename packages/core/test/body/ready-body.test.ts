import { describe, expect, it } from 'vitest'
import { readyBody } from '../../src/body/ready-body.js'

describe('readyBody()', () => {
  const bytes = new Uint8Array([1])

  it.each<[string, unknown, unknown]>([
    ['undefined', undefined, { body: undefined }],
    ['null', null, { body: undefined }],
    ['a string', '', { body: '', contentType: 'text/plain;charset=UTF-8' }],
    ['bytes', bytes, { body: bytes }],
    ['bytes that other threads could change', new Uint8Array(new SharedArrayBuffer(1)), undefined],
    ['a DataView', new DataView(new ArrayBuffer(1)), undefined],
    ['an object with the prototype of bytes', Object.create(Uint8Array.prototype), undefined],
    ['a buffer', new ArrayBuffer(1), undefined],
    ['an object with a buffer', { buffer: new ArrayBuffer(1) }, undefined],
    ['a number', 0, undefined],
    ['a String', new String('text'), undefined],
  ])('of %s', (_what, body, expected) => {
    expect(readyBody(body)).toStrictEqual(expected)
  })
})
