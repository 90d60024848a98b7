import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { replay } from './codex-lab.js'
import { type Recording, recordings } from './codex-recording.js'
import { differencesOf } from './compare-replay.js'

const passed: string[] = []

describe.skipIf(recordings.length === 0)('request --codex-home does what the real client did in', () => {
  afterAll(() => {
    console.log(`codex recordings: ${passed.length} of ${recordings.length} replayed without a difference`)
  })

  it.each(recordings.map((recording) => [recording.scenario, recording] as const))(
    '%s',
    async (_, recording) => {
      const differences = differencesOf(recording, await replay(recording, new Date()))
      if (differences.length === 0) passed.push(recording.scenario)
      expect(differences).toEqual([])
    },
  )

  it('nothing but the deliberate differences, each with its recordings in docs/codex-differences.md', () => {
    const rows = readFileSync(join(import.meta.dirname, '../../../docs/codex-differences.md'), 'utf8').split(
      '\n',
    )
    for (const { scenario, required } of recordings) {
      const shown = rows.filter((row) => row.includes(`\`${scenario}\``))
      for (const what of required.deliberate) {
        expect(
          shown.some((row) => row.startsWith(`| ${what} |`)),
          `${scenario}: ${what}`,
        ).toBe(true)
      }
      if (required.mode !== 'normal') expect(shown.length, scenario).toBeGreaterThan(0)
    }
  })
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
