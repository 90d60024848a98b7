import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addedRanges } from '../../scripts/mutants/changed-lines.mjs'
import { type JudgedMutant, judge, survivorLine } from '../../scripts/mutants/judgement.mjs'
import { isNoticed, keepResults, keptResults, mutantKey } from '../../scripts/mutants/results-cache.mjs'
import { drawEvenly } from '../../scripts/mutants/sample.mjs'
import { listPackages, root } from '../../scripts/workspace.mjs'

const file = 'packages/core/src/a.ts'
const source = ['const a = 1', '', 'if (a === 1 &&', '  a < 2) {', '  run()', '}', ''].join('\n')
const sources = new Map([[file, source]])

describe('judge()', () => {
  it('describes a survivor by its text, over several lines too', () => {
    const { survivors } = judge([mutant(3, 4, 4, 7, 'true')], sources, [])
    expect(survivors.map(survivorLine)).toEqual([
      'packages/core/src/a.ts:3:5 ConditionalExpression a === 1 && a < 2 -> true',
    ])
  })

  it('counts a timeout as noticed, and a mutant that no test reaches as a survivor', () => {
    const results = ['Killed', 'Timeout', 'NoCoverage', 'Survived'].map((status) =>
      mutant(3, 4, 3, 11, status),
    )
    expect(judge(results, sources, [])).toMatchObject({ tested: 4, killed: 2, score: 50, judgedScore: 50 })
  })

  it('leaves out mutants that did not run and those of code that runs at import', () => {
    const results = ['Ignored', 'CompileError', 'RuntimeError'].map((status) => mutant(3, 4, 3, 11, status))
    const atImport = { ...mutant(1, 10, 1, 11, '0'), static: true }
    expect(judge([...results, atImport], sources, [])).toMatchObject({ tested: 0, score: 100 })
  })

  it('counts mutants whose tests could not be run, and leaves them out of the score', () => {
    const results = [mutant(3, 4, 3, 11, 'Killed'), mutant(3, 4, 3, 11, 'RuntimeError')]
    expect(judge(results, sources, [])).toMatchObject({ tested: 1, failed: 1, score: 100 })
  })

  it('finds a judged mutant again after its line has moved', () => {
    const moved = new Map([[file, `\n\n${source}`]])
    const judgement = judge([mutant(5, 4, 5, 11, 'false')], moved, [entry()])
    expect(judgement).toMatchObject({ equivalent: 1, survivors: [], score: 0, judgedScore: 100, unused: [] })
  })

  it('lets one entry stand for one mutant', () => {
    const twice = [mutant(3, 4, 3, 11, 'false'), mutant(3, 4, 3, 11, 'false')]
    expect(judge(twice, sources, [entry()])).toMatchObject({ equivalent: 1, survivors: [{ line: 3 }] })
    expect(judge(twice, sources, [entry(), entry()])).toMatchObject({ equivalent: 2, survivors: [] })
  })

  it.each(['file', 'mutator', 'original', 'replacement', 'in'])(
    'opens the case again when %s differs',
    (key) => {
      const other = { ...entry(), [key]: 'other' }
      const judgement = judge([mutant(3, 4, 3, 11, 'false')], sources, [other])
      expect(judgement).toMatchObject({ equivalent: 0, judgedScore: 0, unused: [other] })
    },
  )
})

describe('drawEvenly()', () => {
  const items = Array.from({ length: 100 }, (_, index) => index)

  it('draws items at equal distances', () => {
    const drawn = drawEvenly(items, 25, 1)
    expect(drawn).toHaveLength(25)
    expect(drawn.map((item, index) => item - index * 4)).toEqual(drawn.map(() => drawn[0]))
  })

  it('draws the same with the same seed, and others with another', () => {
    expect(drawEvenly(items, 10, 1)).toEqual(drawEvenly(items, 10, 1))
    expect(drawEvenly(items, 10, 2)).not.toEqual(drawEvenly(items, 10, 1))
  })

  it('draws each item once where there are no more than it may draw', () => {
    for (const size of [100, 101]) expect(drawEvenly(items, size, 3)).toEqual(items)
    for (const size of [33, 99]) expect(new Set(drawEvenly(items, size, 3)).size).toBe(size)
  })
})

describe('keepResults()', () => {
  const results = (status: string) => [mutant(3, 4, 3, 11, status), mutant(3, 4, 4, 7, status)]

  function cache() {
    const folder = mkdtempSync(join(tmpdir(), 'mutants-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return folder
  }

  it('keeps the results of earlier runs, and the last of each mutant', () => {
    const folder = cache()
    expect(keptResults('core', sources, folder)).toEqual([])
    keepResults('core', results('Survived'), sources, folder)
    keepResults('core', results('Killed').slice(1), sources, folder)
    const kept = keptResults('core', sources, folder)
    expect(kept.map(({ status }) => status)).toEqual(['Survived', 'Killed'])
    expect(kept.filter(isNoticed).map(mutantKey)).toEqual(results('Killed').slice(1).map(mutantKey))
    expect(keptResults('fetch', sources, folder)).toEqual([])
  })

  it('forgets those of a file that has changed', () => {
    const folder = cache()
    keepResults('core', results('Killed'), sources, folder)
    expect(keptResults('core', new Map([[file, `${source}\n`]]), folder)).toEqual([])
  })
})

describe('addedRanges()', () => {
  it('reads the lines that a diff adds, and none that it only removes', () => {
    const diff = [
      '--- a/packages/core/src/a.ts',
      '+++ b/packages/core/src/a.ts',
      '@@ -3 +3,2 @@ export function a() {',
      '@@ -9,2 +10 @@',
      '@@ -20,3 +20,0 @@',
      '--- /dev/null',
      '+++ b/packages/fetch/src/b.ts',
      '@@ -0,0 +1,30 @@',
    ].join('\n')
    expect(addedRanges(diff)).toEqual([
      'packages/core/src/a.ts:3-4',
      'packages/core/src/a.ts:10-10',
      'packages/fetch/src/b.ts:1-30',
    ])
  })
})

describe('test/mutants/judged', () => {
  const lists = readdirSync(`${root}/test/mutants/judged`)

  it.each(lists)('%s belongs to a package, gives reasons, and names files that exist', (name) => {
    const folder = name.replace('.json', '')
    expect(listPackages().map((each) => each.folder)).toContain(folder)
    const { threshold, equivalent } = JSON.parse(readFileSync(`${root}/test/mutants/judged/${name}`, 'utf8'))
    expect(threshold).toBeGreaterThanOrEqual(75)
    for (const { file, reason, ...mutant } of equivalent as JudgedMutant[]) {
      expect(reason.length, JSON.stringify(mutant)).toBeGreaterThan(10)
      expect(readFileSync(`${root}/${file}`, 'utf8').replace(/\s+/g, ' ')).toContain(
        mutant.in.replace('…', ''),
      )
    }
  })
})

/** A mutant from one place to another, with a status, or with a replacement of what survives. */
function mutant(line: number, column: number, endLine: number, endColumn: number, word: string) {
  const isStatus = /^[A-Z]/.test(word)
  return {
    fileName: file,
    location: { start: { line, column: column + 1 }, end: { line: endLine, column: endColumn + 1 } },
    mutatorName: 'ConditionalExpression',
    replacement: isStatus ? 'true' : word,
    status: isStatus ? word : 'Survived',
  }
}

function entry(): JudgedMutant {
  const text = { original: 'a === 1', replacement: 'false', in: 'if (a === 1 &&' }
  return { file, mutator: 'ConditionalExpression', ...text, reason: 'a is always 1' }
}
