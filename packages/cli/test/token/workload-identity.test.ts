import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-subject'

/** A provider whose token endpoint is on this machine. */
async function lab(change = '', seconds = 3600) {
  const { origin, seen } = await loopback((request, response) => {
    const isExchange = request.url === '/token'
    response.setHeader('content-type', 'application/json')
    const token = { access_token: 'issued-token', token_type: 'Bearer', expires_in: seconds }
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

/** A provider that signs with the credentials of a role, whose AWS STS is on this machine. */
async function roleLab(kind: string) {
  const expiration = new Date(Date.now() + 3_600_000).toISOString()
  const parts = [
    '<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>SECRET-key</SecretAccessKey>',
    `<SessionToken>session</SessionToken><Expiration>${expiration}</Expiration>`,
  ]
  const credentials = `<Credentials>${parts.join('')}</Credentials>`
  const action = 'AssumeRoleWithWebIdentity'
  const { origin, seen } = await loopback((request, response) =>
    response.end(
      request.url === '/sts'
        ? `<${action}Response><${action}Result>${credentials}</${action}Result></${action}Response>`
        : 'ok',
    ),
  )
  const cwd = folder({
    'outbound-auth.toml': `[providers.role]
${kind}
region = "us-east-1"
base_url = "${origin}"
[providers.role.credentials]
role_arn = "arn:aws:iam::123456789012:role/agent"
subject_token = { file = "token" }
token_endpoint = "${origin}/sts"
`,
    token: `${secret}\n`,
  })
  return { cwd, seen, exchanges: () => seen.filter(({ url }) => url === '/sts').length, expiration }
}

test.each(['kind = "sigv4"\nservice = "bedrock"', 'kind = "bedrock"\nendpoint = "runtime"'])(
  'request, token and doctor exchange a subject token for an AWS role, and explain exchanges nothing: %s',
  async (kind) => {
    const { cwd, exchanges, seen, expiration } = await roleLab(kind)
    const named = ['--provider', 'role']
    const explained = await runCli(['explain', '/a', ...named], { cwd })
    expect(explained.out).toContain('AWS role arn:aws:iam::123456789012:role/agent with the token of file')
    expect([explained.code, exchanges()]).toEqual([0, 0])
    const sent = await runCli(['request', '/a', ...named], { cwd })
    expect([sent.code, exchanges()]).toEqual([0, 1])
    expect(seen.at(-1)?.headers.authorization).toContain('Credential=ASIAEXAMPLE/')
    const format = ['--format', 'aws-credential-process', '--fresh']
    const token = await runCli(['token', ...named, ...format], { cwd })
    expect(JSON.parse(token.out)).toEqual({
      Version: 1,
      AccessKeyId: 'ASIAEXAMPLE',
      SecretAccessKey: 'SECRET-key',
      SessionToken: 'session',
      Expiration: expect.stringMatching(/^\d{4}-/),
    })
    expect(Math.abs(Date.parse(JSON.parse(token.out).Expiration) - Date.parse(expiration))).toBeLessThan(
      60_000,
    )
    const before = exchanges()
    const again = await runCli(['token', ...named, ...format.slice(0, 2)], { cwd })
    expect(JSON.parse(again.out)).toEqual(JSON.parse(token.out))
    expect(exchanges()).toBe(before)
    const checked = await runCli(['doctor', ...named], { cwd })
    expect(checked.out).toMatch(/sends authorization.*; sigv4 .*AWS role .*; expires at \d{4}-/)
    for (const { out, err } of [explained, sent, checked]) expect(out + err).not.toContain('SECRET')
  },
)

test('the presets of workloads that lack settings say which', async () => {
  const presets = {
    'github-actions-anthropic': 'federation_rule_id = "…"',
    'gcp-vertex': 'base_url = "https://…"',
  }
  for (const [name, key] of Object.entries(presets)) {
    const { err } = await runCli(['explain', '/', '--provider', name], { cwd: folder({}) })
    expect(err).toContain(`[providers.NAME] with preset = "${name}", ${key}`)
    expect(err).not.toContain('token = { env')
  }
})

test('doctor does not tell to renew the token of a workload that lives for minutes', async () => {
  const { cwd } = await lab('', 300)
  const { out } = await runCli(['doctor', '--provider', 'pod'], { cwd })
  expect(out).toMatch(/expires at \d{4}-/)
  expect(out).not.toContain('Renew it')
})
