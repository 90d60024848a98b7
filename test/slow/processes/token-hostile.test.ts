import { expect, it } from 'vitest'
import { hostileAnswers } from './hostile-answers.js'
import { startHostileServer } from './hostile-server.js'
import { messageOf, startWorker } from './worker.js'

interface Report {
  readonly result: string
  readonly text: string
  readonly tookMs: number
  readonly grownBytes: number
  readonly trouble: readonly string[]
  readonly isPolluted: boolean
}

const secrets = ['planted', ...['planted-refresh', 'planted-secret'].map((secret) => btoa(secret))]

it('any response of a token endpoint is a success or the right AuthError, soon, in little memory', async () => {
  const answers = hostileAnswers()
  expect(answers.length).toBeGreaterThanOrEqual(60)
  const { urlOf, elsewhere } = await startHostileServer(answers)
  const worst = { tookMs: 0, grownBytes: 0 }
  let next = 0
  const work = async () => {
    while (next < answers.length) {
      const index = next++
      const { name = '', results } = answers[index] ?? {}
      const report = await messageOf<Report>(startWorker('token-refresher', urlOf(index)))
      expect(results, name).toContain(report.result)
      for (const secret of secrets) expect(report.text, name).not.toContain(secret)
      expect(report, name).toMatchObject({ trouble: [], isPolluted: false })
      expect(report.tookMs, name).toBeLessThan(6000)
      expect(report.grownBytes, name).toBeLessThan(120 * 1024 * 1024)
      worst.tookMs = Math.max(worst.tookMs, report.tookMs)
      worst.grownBytes = Math.max(worst.grownBytes, report.grownBytes)
    }
  }
  await Promise.all([work(), work()])
  expect(elsewhere).toEqual([])
  console.log(`${answers.length} answers, at worst ${JSON.stringify(worst)}`)
}, 120_000)
