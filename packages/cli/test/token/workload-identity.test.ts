import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-subject'

/** A provider whose token endpoint is on this machine. */
async function lab(change = '') {
  const { origin, seen } = await loopback((request, response) => {
    const isExchange = request.url === '/token'
    response.setHeader('content-type', 'application/json')
    const token = { access_token: 'issued-token', token_type: 'Bearer', expires_in: 3600 }
    response.end(JSON.stringify(isExchange ? token : { ok: true }))
  })
  const cwd = folder({
    'outbound-auth.toml': `[providers.pod]
kind = "workload-identity"
service = "openai"
identity_provider_id = "idp_1"
service_account_id = "sa_1"
subject_token = { file = "token" }
token_endpoint = "${origin}/token"
base_url = "${origin}"
${change}`,
    token: `${secret}\n`,
  })
  return { cwd, seen, origin, exchanges: () => seen.filter(({ url }) => url === '/token').length }
}

test('request, token and doctor exchange a workload identity, and explain exchanges nothing', async () => {
  const { cwd, exchanges, seen } = await lab()
  const explained = await runCli(['explain', '/v1/models', '--provider', 'pod'], { cwd })
  expect(explained.out).toContain('workload-identity of openai in header authorization from file')
  expect([explained.code, exchanges()]).toEqual([0, 0])
  const sent = await runCli(['request', '/v1/models', '--provider', 'pod'], { cwd })
  expect([sent.code, exchanges()]).toEqual([0, 1])
  expect(seen.at(-1)?.headers.authorization).toBe('Bearer issued-token')
  const token = await runCli(['token', '--provider', 'pod', '--fresh'], { cwd })
  expect(token).toMatchObject({ code: 0, out: 'issued-token\n' })
  const checked = await runCli(['doctor', '--provider', 'pod'], { cwd })
  expect(checked.out).toMatch(/sends authorization; workload-identity of openai .*; expires at \d{4}-/)
  for (const { out, err } of [explained, sent, token, checked]) expect(out + err).not.toContain(secret)
})

test('a wrong key of a workload identity is named with its line', async () => {
  const { cwd } = await lab('tenant_id = "a"')
  const { code, err } = await runCli(['explain', '/', '--provider', 'pod'], { cwd })
  expect(code).not.toBe(0)
  expect(err).toMatch(/outbound-auth\.toml:9: providers\.pod\.tenant_id: .*tenantId/)
})
