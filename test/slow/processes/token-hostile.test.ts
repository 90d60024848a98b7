import { expect, it } from 'vitest'
import { hostileAnswers } from './hostile-answers.js'
import { type RunReport, startHostileServer, tryAnswers } from './hostile-server.js'

interface Report extends RunReport {
  readonly result: string
  readonly text: string
}

const secrets = ['planted', ...['planted-refresh', 'planted-secret'].map((secret) => btoa(secret))]

it('any response of a token endpoint is a success or the right AuthError, soon, in little memory', async () => {
  const answers = hostileAnswers()
  expect(answers.length).toBeGreaterThanOrEqual(60)
  const { urlOf, elsewhere } = await startHostileServer(answers)
  const worst = await tryAnswers<Report>('token-refresher', answers, urlOf, (report, { name, results }) => {
    expect(results, name).toContain(report.result)
    for (const secret of secrets) expect(report.text, name).not.toContain(secret)
    expect(report, name).toMatchObject({ trouble: [], isPolluted: false })
    expect(report.tookMs, name).toBeLessThan(6000)
    expect(report.grownBytes, name).toBeLessThan(120 * 1024 * 1024)
  })
  expect(elsewhere).toEqual([])
  console.log(`${answers.length} answers, at worst ${JSON.stringify(worst)}`)
}, 120_000)
