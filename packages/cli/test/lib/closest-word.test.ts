import { expect, test } from 'vitest'
import { closestWord, didYouMean } from '../../src/lib/closest-word.js'

const commands = ['request', 'headers', 'token', 'trust', 'doctor']

test.each([
  ['reqeust', 'request', 'two letters are exchanged'],
  ['requst', 'request', 'a letter is missing'],
  ['requestt', 'request', 'a letter is doubled'],
  ['raquest', 'request', 'a letter is wrong'],
  ['REQUEST', 'request', 'the case differs'],
  ['tokne', 'token', 'the last letters are exchanged'],
])('closestWord(%j) is %j: %s', (word, meant) => {
  expect(closestWord(word, commands)).toBe(meant)
  expect(didYouMean(word, commands)).toBe(`; did you mean ${meant}?`)
})

test('closestWord() takes the nearest of several words, wherever it stands', () => {
  expect(closestWord('trustt', ['trist', 'trust'])).toBe('trust')
  expect(closestWord('trustt', ['trust', 'trist'])).toBe('trust')
})

test.each(['', 'to', 'xyz', 'rqst-abc', 'requests-of-another-kind', 'x'.repeat(61)])(
  'closestWord(%j) finds no word that is near',
  (word) => {
    expect(closestWord(word, commands)).toBeUndefined()
    expect(didYouMean(word, commands)).toBe('')
  },
)
