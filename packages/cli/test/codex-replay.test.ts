import { afterAll, describe, expect, it } from 'vitest'
import { replay } from './codex-lab.js'
import { recordings } from './codex-recording.js'
import { differencesOf } from './compare-replay.js'

const passed: string[] = []

describe.skipIf(recordings.length === 0)('request --codex-home does what the real client did in', () => {
  afterAll(() => {
    console.log(`codex recordings: ${passed.length} of ${recordings.length} replayed without a difference`)
  })

  it.each(recordings.map((recording) => [recording.scenario, recording] as const))(
    '%s',
    async (_, recording) => {
      const differences = differencesOf(recording, await replay(recording))
      if (differences.length === 0) passed.push(recording.scenario)
      expect(differences).toEqual([])
    },
  )
})

it.skipIf(recordings.length > 0)(
  'the recordings of the real client are absent, so they were not replayed',
  () => {},
)
