import { describe, expect, it } from 'vitest'
import {
  readSizeBudgets,
  readStatedSize,
  sizeProblem,
  statedSizeProblem,
} from '../../scripts/size-budgets.mjs'

const readme = (row: string) =>
  `# a\n\n## Size\n\n| import | size | not counted |\n|---|---|---|\n${row}\n\n## More\n\n| \`x\` | 1 |\n`

describe('readSizeBudgets()', () => {
  it('reads imports, size, what is loaded later, and the line of the row', () => {
    const row = '| `sampleAuth`, `authFetch` of `fetch` | 9.5 kB | 21 kB: `sealed-box`, for a sealed id |'
    expect(readSizeBudgets(readme(row), 'sample')).toEqual([
      {
        imports: ['sampleAuth of sample', 'authFetch of fetch'],
        promisedBytes: 9500,
        loadedLater: ['sealed-box'],
        laterBytes: 21_000,
        line: 7,
      },
    ])
  })

  it('reads a name from a subpath', () => {
    const [budget] = readSizeBudgets(readme('| `a` of `b/c` | 13 kB | |'), 'sample')
    expect(budget).toMatchObject({ imports: ['a of b/c'], promisedBytes: 13_000, loadedLater: [] })
  })

  it.each(['| `a` | 9 KB | |', '| `a` | 9 kB ¹ | |', '| `a` | | |', '| `a` | 9 kB | `b`, later |'])(
    'names the row that it cannot read: %s',
    (row) => {
      expect(() => readSizeBudgets(readme(row), 'sample')).toThrow('packages/sample/README.md:7')
    },
  )

  it('finds none in a README without the section', () => {
    expect(readSizeBudgets('# a\n\n| `a` | 9 kB | |\n', 'sample')).toEqual([])
  })
})

it('sizeProblem() names the row that does not hold, and a size with 10 % to spare', () => {
  expect(sizeProblem('packages/bearer/README.md:122', 'bearerAuth', 9101, 9000)).toBe(
    'packages/bearer/README.md:122 promises 9 kB for bearerAuth, which takes 9101 B: find what grew, or promise 10.1 kB (10 % to spare) and say in the commit why',
  )
})

describe('statedSizeProblem()', () => {
  const stated = readStatedSize(
    '# a\n\nThe goal is 9 kB. It takes 10.2 kB at present. Above it are checks.\n',
  )

  it('takes a size that differs by no more than rounding and another release of Node explain', () => {
    expect(stated).toEqual({ statedBytes: 10_200, line: 3 })
    if (stated === undefined) return
    expect(statedSizeProblem('README.md', stated, 10_350)).toBeUndefined()
    expect(statedSizeProblem('README.md', stated, 10_050)).toBeUndefined()
  })

  it('names the line and the size that is right', () => {
    const message = (bytes: number) => stated && statedSizeProblem('packages/a/README.md', stated, bytes)
    expect(message(10_351)).toBe(
      'packages/a/README.md:3 says 10.2 kB at present, and it is 10.4 kB: write that',
    )
    expect(message(10_049)).toMatch('it is 10 kB')
  })

  it('has nothing to say of a README without such a sentence', () => {
    expect(readStatedSize('# a\n\nIt takes 10 kB.\n')).toBeUndefined()
  })
})
