import { expect, it } from 'vitest'
import {
  type Bump,
  type Change,
  firstReleaseProblems,
  majorProblems,
  pendingBumps,
} from '../../scripts/changeset-rules.mjs'

const core = { name: '@outbound-auth/core', version: '1.2.0' }
const bearer = {
  name: '@outbound-auth/bearer',
  version: '1.0.1',
  dependencies: { [core.name]: 'workspace:^' },
}
const other = {
  name: '@outbound-auth/other',
  version: '1.0.0',
  dependencies: { [bearer.name]: 'workspace:^' },
}

const change = (file: string, name: string, bump: Bump): Change => ({
  file,
  name: `@outbound-auth/${name}`,
  bump,
})

it('pendingBumps() takes the largest bump of each package', () => {
  const changes = [
    change('a.md', 'core', 'minor'),
    change('b.md', 'core', 'patch'),
    change('c.md', 'bearer', 'major'),
  ]
  expect(pendingBumps(changes)).toEqual(
    new Map([
      [core.name, 'minor'],
      [bearer.name, 'major'],
    ]),
  )
})

it('majorProblems() rejects a major of core without a major of each dependent', () => {
  const problems = (...changes: Change[]) => majorProblems(pendingBumps(changes), [core, bearer, other])
  const isNamed = [expect.stringContaining('@outbound-auth/bearer depends on core')]
  expect(problems(change('a.md', 'core', 'major'))).toEqual(isNamed)
  expect(problems(change('a.md', 'core', 'major'), change('b.md', 'bearer', 'minor'))).toEqual(isNamed)
  expect(problems(change('a.md', 'core', 'major'), change('b.md', 'bearer', 'major'))).toEqual([])
  expect(problems(change('a.md', 'core', 'minor'))).toEqual([])
})

it('firstReleaseProblems() wants a changeset that a new package shares with no other', () => {
  const isNew = { ...bearer, version: '0.0.0' }
  const problems = (...changes: Change[]) => firstReleaseProblems(changes, [core, isNew])
  const isNamed = [expect.stringContaining('@outbound-auth/bearer was never released')]
  expect(problems()).toEqual(isNamed)
  expect(problems(change('a.md', 'bearer', 'minor'))).toEqual(isNamed)
  expect(problems(change('a.md', 'bearer', 'major'), change('a.md', 'core', 'patch'))).toEqual(isNamed)
  expect(problems(change('a.md', 'bearer', 'major'), change('b.md', 'core', 'patch'))).toEqual([])
})
