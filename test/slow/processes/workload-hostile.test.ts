import { expect, it } from 'vitest'
import { type HostileAnswer, hostileAnswers } from './hostile-answers.js'
import { type RunReport, startHostileServer, tryAnswers } from './hostile-server.js'

interface Report extends RunReport {
  readonly outcomes: readonly { readonly flow: string; readonly result: string; readonly text: string }[]
}

/** The codes of this package for those of `oauthRefresh()`. */
const codes: Readonly<Record<string, string>> = {
  ERR_AUTH_REFRESH_RESPONSE: 'ERR_AUTH_WORKLOAD_RESPONSE',
  ERR_AUTH_REFRESH_REFUSED: 'ERR_AUTH_WORKLOAD_REFUSED',
  ERR_AUTH_REFRESH_UNAVAILABLE: 'ERR_AUTH_WORKLOAD_UNAVAILABLE',
}
const oauthFlows = ['openai', 'anthropic', 'gcp', 'azure']
const flowCount = 10

const parts =
  '<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>planted-key</SecretAccessKey><SessionToken>planted-session</SessionToken>'
const later = '<Expiration>2999-01-01T00:00:00Z</Expiration>'
const wrapped = (inside: string) =>
  `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>${inside}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
const error = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>planted-message</Message></Error></ErrorResponse>`
const good = wrapped(parts + later)

const malformed = 'build ERR_AUTH_WORKLOAD_RESPONSE'
const refused = 'build ERR_AUTH_WORKLOAD_REFUSED'
const unavailable = 'transient ERR_AUTH_WORKLOAD_UNAVAILABLE'

/** Responses that only AWS STS could send, with what comes of the exchange for a role. */
const xmlForms: readonly (readonly [name: string, result: string, body: string, status?: number])[] = [
  ['good', 'success', good],
  ['good, with a declaration', 'success', `<?xml version="1.0" encoding="UTF-8"?>\n${good}\n`],
  ['entities', 'success', good.replace('planted-session', 'planted&#45;session&amp;a')],
  ['cut off', malformed, good.slice(0, 200)],
  ['a DTD', malformed, `<!DOCTYPE a [<!ENTITY b "planted">]>${good}`],
  ['a billion laughs', malformed, `<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "&b;">]>${wrapped('&b;')}`],
  [
    'an external entity',
    malformed,
    `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${wrapped('&b;')}`,
  ],
  ['CDATA', malformed, good.replace('planted-session', '<![CDATA[planted]]>')],
  ['a comment in the token', malformed, good.replace('planted-', 'planted-<!-- -->')],
  ['the credentials twice', malformed, wrapped(parts + later + parts)],
  ['no credentials', malformed, wrapped('')],
  ['no expiration', malformed, wrapped(parts)],
  ['an expiration in words', malformed, wrapped(`${parts}<Expiration>tomorrow</Expiration>`)],
  ['CR LF in the token', malformed, good.replace('planted-session', 'planted&#13;&#10;x')],
  ['NUL in the token', malformed, good.replace('planted-session', 'planted&#0;x')],
  ['whitespace in the key', malformed, good.replace('planted-key', 'planted key')],
  ['deep elements', malformed, `<AssumeRoleWithWebIdentityResponse>${'<a>'.repeat(300_000)}`],
  ['many elements', malformed, wrapped('<a>b</a>'.repeat(100_000))],
  ['a tag without an end', malformed, `<AssumeRoleWithWebIdentityResponse ${'a'.repeat(1_000_000)}`],
  ['a million entities', malformed, wrapped(`<SessionToken>${'&amp'.repeat(250_000)}</SessionToken>`)],
  ['an error with status 200', refused, error('AccessDenied')],
  ['an error', refused, error('InvalidIdentityToken'), 400],
  ['an unknown error', refused, error('planted-code'), 403],
  ['a passing error', unavailable, error('IDPCommunicationError'), 400],
  ['throttling', unavailable, error('Throttling'), 400],
]

/** The expected result of the exchange for a role, by the name of the answer. */
const roleResults = new Map(xmlForms.map(([name, result]) => [`XML: ${name}`, result]))
const xmlAnswers: readonly HostileAnswer[] = xmlForms.map(([name, , body, status = 200]) => ({
  name: `XML: ${name}`,
  results: [],
  answer: (response) => void response.writeHead(status, { 'content-type': 'text/xml' }).end(body),
}))

it('any response of a service is a success or the right AuthError in each exchange', async () => {
  const answers = [...hostileAnswers(), ...xmlAnswers]
  const { urlOf } = await startHostileServer(answers)
  let outcomes = 0
  const worst = await tryAnswers<Report>(
    'workload-exchanger',
    answers,
    urlOf,
    (report, { name, results }) => {
      const expected = results.map((result) =>
        result.replace(/ERR_AUTH_REFRESH_\w+/, (code) => codes[code] ?? ''),
      )
      for (const { flow, result, text } of report.outcomes) {
        outcomes += 1
        const where = `${name}, ${flow}: ${text}`
        expect(text, where).not.toContain('planted')
        const roleResult = roleResults.get(name)
        if (flow === 'assume-role' && roleResult !== undefined) expect(result, where).toBe(roleResult)
        else if (oauthFlows.includes(flow) && expected.length > 0) expect(expected, where).toContain(result)
        // The token of Azure IMDS has the name of an OAuth token, and IMDS says nothing of its type.
        else if (flow === 'azure-imds' && result === 'success') expect(report.outcomes.length).toBe(flowCount)
        else expect(result, where).toMatch(/^(build|transient) ERR_AUTH_(WORKLOAD_|REDIRECT$|TIMEOUT$)/)
      }
      expect(report, name).toMatchObject({ trouble: [], isPolluted: false })
      // Ten time limits of 20 s, one after the other.
      expect(report.tookMs, name).toBeLessThan(flowCount * 25_000)
      // Ten exchanges, whose garbage may not be collected between them.
      expect(report.grownBytes, name).toBeLessThan(5 * 120 * 1024 * 1024)
    },
  )
  expect(outcomes).toBe(flowCount * answers.length)
  console.log(`${answers.length} answers in ${flowCount} exchanges, at worst ${JSON.stringify(worst)}`)
}, 400_000)
