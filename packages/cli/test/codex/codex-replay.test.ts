import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { replay } from './codex-lab.js'
import { recordings } from './codex-recording.js'
import { deviations } from './codex-requirement.js'
import { differencesOf } from './compare-replay.js'
import type { Recording } from './recorded-scenario.js'

const passed: string[] = []
const page = readFileSync(join(import.meta.dirname, '../../../../docs/codex-differences.md'), 'utf8')
/** The rows of the table: their id, their second column, and the recordings that show them. */
const differences = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| id |'))
  .map((line) => {
    const [id = '', what = '', ...rest] = line.slice(2, -2).split(' | ')
    const named = rest.at(-1) ?? ''
    return { id, what, recordings: [...named.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name) }
  })

describe.skipIf(recordings.length === 0)('request --codex-home does what the real client did in', () => {
  afterAll(() => {
    const older = recordings.filter(({ isNew }) => !isNew).length
    const all = `${older} and ${recordings.length - older}`
    console.log(`codex recordings: ${passed.length} of ${all} replayed without an unexplained difference`)
  })

  it.each(recordings.map((recording) => [recording.scenario, recording] as const))(
    '%s',
    async (_, recording) => {
      const found = differencesOf(recording, await replay(recording, new Date()))
      if (found.length === 0) passed.push(recording.scenario)
      expect(found).toEqual([])
    },
  )

  it('nothing but the deliberate differences, each with its recordings in docs/codex-differences.md', () => {
    for (const { scenario, required } of recordings) {
      const shown = differences.filter((row) => row.recordings.includes(scenario))
      for (const named of required.deliberate) {
        const isShown = shown.some(({ id, what }) => id === named || what === named)
        expect(isShown, `${scenario}: ${named}`).toBe(true)
      }
      if (required.mode !== 'normal') expect(shown.length, scenario).toBeGreaterThan(0)
    }
  })

  it('what the recordings in docs/codex-differences.md are, all of which exist', () => {
    const known = new Set(recordings.map(({ scenario }) => scenario))
    for (const { id, recordings: named } of differences) {
      expect([id, named.filter((name) => !known.has(name))]).toEqual([id, []])
    }
  })
})

it('docs/codex-differences.md has an id for each row, and names the version that was compared', () => {
  const ids = differences.map(({ id }) => id)
  expect(ids.length).toBeGreaterThan(30)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z\d]+(-[a-z\d]+)*$/)
  for (const { deliberate = [] } of Object.values(deviations)) {
    for (const id of deliberate) expect(ids).toContain(id)
  }
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8'))
  const [, version] = /@openai\/codex@([\d.]+)/.exec(scripts['test:codex-client']) ?? []
  expect(page).toContain(`Compared with Codex **${version}**`)
})

describe.skipIf(recordings.length === 0)('the comparison of a replay notices', () => {
  // Functions, since the table is read also where there are no recordings.
  const named = (scenario: string) =>
    recordings.find((recording) => recording.scenario === scenario) as Recording
  const changed = (scenario: string, change: (text: string) => string) => () => {
    const recording = named(scenario)
    return { ...recording, required: JSON.parse(change(JSON.stringify(recording.required))) }
  }
  const requiring = (scenario: string, required: Partial<Recording['required']>) => () => {
    const recording = named(scenario)
    return { ...recording, required: { ...recording.required, ...required } }
  }

  it.each<[string, () => Recording, RegExp]>([
    ['another credential', changed('custom-azure', (text) => text.replace('az-1', 'az-2')), /api-key/],
    ['another URL', changed('custom-azure', (text) => text.replace('preview', 'other')), /URL/],
    [
      'a credential too many',
      changed('custom-azure', (text) => text.replace('"api-key":"az-1"', '')),
      /should not be there/,
    ],
    [
      'a missing request',
      changed('custom-azure', (text) => text.replace(/("model_requests":\[)(.*?)\]/, '$1$2,$2]')),
      /model requests/,
    ],
    ['an error that should be none', requiring('custom-envkey-missing', { outcome: 'ok' }), /outcome/],
    ['another class of error', requiring('custom-envkey-missing', { error_class: 'config' }), /error class/],
    [
      'another run task',
      changed('agent-authjson-record-task', (text) => text.replace('task-from-file', 'task-1')),
      /assertion/,
    ],
    [
      'another access key',
      changed('bedrock-region-env', (text) => text.replace('AKIDEXAMPLE', 'AKIDOTHER')),
      /authorization/,
    ],
    [
      'another refresh',
      changed('chatgpt-refresh-401-403', (text) => text.replace('rt-lab-1', 'rt-lab-2')),
      /refresh_token/,
    ],
    [
      'another file',
      changed('chatgpt-expires-in-20', (text) => text.replace('"account_id":"acct-lab"', '"account_id":"x"')),
      /auth\.json/,
    ],
  ])('%s', async (_, make, expected) => {
    const recording = make()
    expect(differencesOf(recording, await replay(recording, new Date())).join('\n')).toMatch(expected)
  })
})

it.skipIf(recordings.length > 0)(
  'the recordings of the real client are absent, so they were not replayed',
  () => {},
)
