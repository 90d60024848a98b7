import { expect, it } from 'vitest'
import { shownName } from '../../src/definition/shown-name.js'

it.each(['A'.repeat(64), 'API_KEY_1', 'a', 'x'.repeat(24), 'team-token_1', 'Api-Key'])(
  'shownName() shows %s',
  (name) => {
    expect(shownName(name)).toBe(name)
  },
)

it.each([
  ...['', 'A'.repeat(65), 'x'.repeat(25), `a${'A'.repeat(30)}`, `${'A'.repeat(30)}a`, 'A-'.repeat(13)],
  ...['a b', ' a', 'a ', ' A', 'A ', 'a.b', 'sk+1', 'é'],
])('shownName() does not show %j', (name) => {
  expect(shownName(name)).toBe('…')
})
