import { expect, test } from 'vitest'
import { nonceStore } from '../../src/dpop/nonce-store.js'

const headers = (nonce?: string) => new Headers(nonce === undefined ? {} : { 'dpop-nonce': nonce })

test('nonceStore() keeps the last nonce of each origin', () => {
  const nonces = nonceStore()
  nonces.note('https://a.example', headers('one'))
  nonces.note('https://b.example', headers('other'))
  nonces.note('https://a.example', headers('two'))
  nonces.note('https://a.example', headers())
  expect(nonces.get('https://a.example')).toBe('two')
  expect(nonces.get('https://b.example')).toBe('other')
  expect(nonces.get('https://c.example')).toBeUndefined()
})

test.each(['', 'a b', 'a"b', 'a\\b', 'x'.repeat(1025)])('nonceStore() does not keep %j', (nonce) => {
  const nonces = nonceStore()
  nonces.note('https://a.example', headers(nonce))
  expect(nonces.get('https://a.example')).toBeUndefined()
})

test('nonceStore() forgets the oldest of very many origins', () => {
  const nonces = nonceStore()
  const origins = Array.from({ length: 2000 }, (_, index) => `https://${index}.example`)
  for (const origin of origins) nonces.note(origin, headers('n'))
  const kept = origins.filter((origin) => nonces.get(origin) !== undefined)
  expect(kept.length).toBeLessThan(2000)
  expect(kept).toEqual(origins.slice(-kept.length))
})
