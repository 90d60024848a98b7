import { expect, it } from 'vitest'
import { hostileAnswers } from './hostile-answers.js'
import { type RunReport, startHostileServer, tryAnswers } from './hostile-server.js'

interface Report extends RunReport {
  readonly outcomes: readonly { readonly flow: string; readonly result: string; readonly text: string }[]
}

const secrets = [
  'planted',
  ...['planted-refresh', 'planted-secret', 'app:planted-secret'].map((text) => btoa(text)),
]
const exchanges = ['client-credentials', 'token-exchange', 'jwt-bearer', 'refresh', 'browser']

/** The codes of this package for those of `oauthRefresh()`. */
const codes: Readonly<Record<string, string>> = {
  ERR_AUTH_REFRESH_RESPONSE: 'ERR_AUTH_OAUTH_RESPONSE',
  ERR_AUTH_REFRESH_REFUSED: 'ERR_AUTH_OAUTH_REFUSED',
  ERR_AUTH_REFRESH_UNAVAILABLE: 'ERR_AUTH_OAUTH_UNAVAILABLE',
}

/** The outcomes of a login that polls: it goes on after an outage, and ends when its code expires. */
function polled(outcomes: readonly string[]): string[] {
  return outcomes.map((outcome) => (outcome.startsWith('transient') ? 'build ERR_AUTH_OAUTH_LOGIN' : outcome))
}

it('any response of a token endpoint is a success or the right AuthError in each OAuth flow', async () => {
  const answers = hostileAnswers()
  const { urlOf } = await startHostileServer(answers)
  let outcomes = 0
  const worst = await tryAnswers<Report>('oauth-exchanger', answers, urlOf, (report, { name, results }) => {
    const expected = results.map((result) =>
      result.replace(/ERR_AUTH_REFRESH_\w+/, (code) => codes[code] ?? ''),
    )
    for (const { flow, result, text } of report.outcomes) {
      outcomes += 1
      const where = `${name}, ${flow}`
      for (const secret of secrets) expect(text, where).not.toContain(secret)
      if (exchanges.includes(flow)) expect(expected, where).toContain(result)
      else if (flow === 'dpop' && name === 'token type DPoP') expect(result, where).toBe('success')
      else if (flow === 'polling') expect(polled(expected), where).toContain(result)
      // The body of a success says nothing there.
      else if (flow === 'revocation' && expected.some((outcome) => /REDIRECT|TIMEOUT/.test(outcome)))
        expect(expected, where).toContain(result)
      else if (flow === 'revocation') expect(result, where).toMatch(/^(success|\w+ ERR_AUTH_OAUTH_\w+)$/)
      // None of the answers is a proof-bound token, an identity assertion, a device code or metadata.
      else expect(result, where).toMatch(/^(build|transient) ERR_AUTH_(OAUTH_|REDIRECT$|TIMEOUT$)/)
    }
    expect(report, name).toMatchObject({ trouble: [], isPolluted: false })
    // Twelve time limits, one after the other.
    expect(report.tookMs, name).toBeLessThan(12 * 6000)
    // Twelve flows, whose garbage may not be collected between them.
    expect(report.grownBytes, name).toBeLessThan(4 * 120 * 1024 * 1024)
  })
  expect(outcomes).toBe(12 * answers.length)
  console.log(`${answers.length} answers in 12 flows, at worst ${JSON.stringify(worst)}`)
}, 400_000)
