import { describe, expect, it, vi } from 'vitest'
import { AuthError, createHeaderMap } from '../../src/index.js'
import { addListMember } from '../../src/provider.js'

function added(present: string | undefined, members: string): string | null {
  const headers = createHeaderMap(present === undefined ? {} : { 'x-list': present })
  addListMember(headers, 'x-list', members)
  return headers.get('x-list')
}

describe('addListMember()', () => {
  it.each([
    ['to a header that is missing', undefined, 'a,b', 'a, b'],
    ['to an empty header', ' ', 'a', 'a'],
    ['behind those that are there', 'x,  y', 'a', 'x,  y, a'],
    ['unless it is there, in any letter case', 'x, Alpha', 'ALPHA, b', 'x, Alpha, b'],
    ['also when it is a part of another', 'alphabet', 'alpha', 'alphabet, alpha'],
    ['without what is empty', 'x', ' , a, ,', 'x, a'],
  ])('adds a member %s', (_, present, members, expected) => {
    expect(added(present, members)).toBe(expected)
  })

  it.each([
    ['x , a', ' A '],
    ['x', ','],
    ['x', ''],
  ])('leaves %j alone for the members %j', (present, members) => {
    const headers = createHeaderMap({ 'x-list': present })
    const set = vi.spyOn(headers, 'set')
    addListMember(headers, 'x-list', members)
    expect(headers.get('x-list')).toBe(present)
    expect(set).not.toHaveBeenCalled()
  })

  it('rejects what no header can hold before the platform quotes it', () => {
    const headers = new Headers({ 'x-list': 'x' })
    const message =
      'Cannot set header x-list: the value has a character that no header may hold, such as a line break'
    expect(() => addListMember(headers, 'x-list', 'a\nb')).toThrow(
      AuthError.build(message, { code: 'ERR_AUTH_HEADER_VALUE' }),
    )
    expect(headers.get('x-list')).toBe('x')
  })
})
