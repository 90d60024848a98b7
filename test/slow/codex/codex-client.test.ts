import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { chatgptDocument, idClaims, jwt } from '../../../packages/codex/test/config/codex-home.js'
import { type ClientAnswer, type ClientLab, type ClientRequest, createClientLab } from './codex-client-lab.js'

// Started by `pnpm test:codex-client`, which puts the real client into PATH.

const provider = `model = "mock-model"
model_provider = "lab"
[model_providers.lab]
name = "Lab"
base_url = "ORIGIN/v1"
requires_openai_auth = true
`

async function createLab(
  config: string,
  answer: (request: ClientRequest) => ClientAnswer | undefined,
): Promise<ClientLab> {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-client-'))
  const lab = await createClientLab(
    folder,
    config,
    (request) => answer(request) ?? { status: 200, json: { models: [], data: [] } },
  )
  onTestFinished(() => {
    lab.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return lab
}

const isModel = ({ method, url }: ClientRequest) => method === 'POST' && url.endsWith('/responses')
const exitOf = (result: string) => result.split(' ')[0]

it('a Codex home is shared with the real client: both keep working after each has refreshed', async () => {
  const document = chatgptDocument(new Date(), { refreshToken: 'refresh-0' })
  let [access, refresh] = [document.tokens.access_token, document.tokens.refresh_token]
  const log: string[] = []
  let reuses = 0
  let refreshes = 0
  const lab = await createLab(`chatgpt_base_url = "ORIGIN/backend-api/"\n${provider}`, (request) => {
    if (request.url === '/oauth/token') {
      if (JSON.parse(request.body).refresh_token !== refresh) {
        reuses += 1
        return { status: 401, json: { error: { code: 'refresh_token_reused' } } }
      }
      refreshes += 1
      access = jwt({ exp: 4102444800, n: refreshes })
      refresh = `refresh-${refreshes}`
      log.push('refresh')
      const id = document.tokens.id_token
      return { status: 200, json: { access_token: access, refresh_token: refresh, id_token: id } }
    }
    if (!isModel(request)) return undefined
    const isCurrent = request.headers.authorization === `Bearer ${access}`
    log.push(isCurrent ? 'served' : 'refused')
    return isCurrent ? 'turn' : { status: 401, json: { error: { message: 'the token has ended' } } }
  })
  writeFileSync(join(lab.home, 'auth.json'), JSON.stringify(document), { mode: 0o600 })
  const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${lab.origin}/oauth/token` }
  /** The server ends the token, so whoever comes next has to refresh. */
  const endToken = () => {
    access = 'ended'
  }
  const stepsOf = async (run: ClientLab['ours']) => {
    log.length = 0
    expect(exitOf(await run({ env }))).toBe('0')
    return log.join(' ')
  }
  const { ours, theirs } = lab
  expect(await stepsOf(ours)).toBe('served')
  expect(await stepsOf(theirs)).toBe('served')
  endToken()
  expect(await stepsOf(ours)).toBe('refused refresh served')
  expect(await stepsOf(theirs)).toBe('served')
  endToken()
  // The real client sends the refused token once more.
  expect(await stepsOf(theirs)).toBe('refused refused refresh served')
  expect(await stepsOf(ours)).toBe('served')
  endToken()
  expect(await stepsOf(ours)).toBe('refused refresh served')
  expect(await stepsOf(theirs)).toBe('served')
  expect([reuses, refreshes]).toEqual([0, 3])
  expect(lab.readAuth()['tokens']).toMatchObject({ refresh_token: 'refresh-3' })
  expect(statSync(join(lab.home, 'auth.json')).mode & 0o777).toBe(0o600)
}, 120_000)

it.each(['ours', 'theirs'] as const)(
  'an agent that %s has registered signs for the other program, too',
  async (first) => {
    const second = first === 'ours' ? 'theirs' : 'ours'
    const registrations: string[] = []
    const assertions: string[] = []
    const config = `chatgpt_base_url = "ORIGIN/backend-api"\n${provider}[features]\nuse_agent_identity = true\n`
    const lab = await createLab(config, (request) => {
      if (request.url.endsWith('/agent/register')) {
        registrations.push('agent')
        return { status: 200, json: { agent_runtime_id: 'agent-1' } }
      }
      if (request.url.endsWith('/task/register')) {
        registrations.push('task')
        return { status: 200, json: { task_id: 'task-1' } }
      }
      if (!isModel(request)) return undefined
      const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ')
      const { agent_runtime_id: agent, task_id: task } =
        scheme === 'AgentAssertion' ? JSON.parse(Buffer.from(encoded, 'base64url').toString()) : {}
      assertions.push(`${scheme} ${agent} ${task}`)
      return 'turn'
    })
    writeFileSync(join(lab.home, 'auth.json'), JSON.stringify(chatgptDocument(new Date())), { mode: 0o600 })
    const env = {
      CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${lab.origin}/authapi`,
      CODEX_AGENT_IDENTITY_JWKS_BASE_URL: `${lab.origin}/backend-api`,
    }
    expect(exitOf(await lab[first]({ env }))).toBe('0')
    const kept = lab.readAuth()['agent_identity']
    expect(exitOf(await lab[second]({ env }))).toBe('0')
    expect(registrations).toEqual(['agent', 'task'])
    expect(assertions).toEqual(['AgentAssertion agent-1 task-1', 'AgentAssertion agent-1 task-1'])
    expect(lab.readAuth()['agent_identity']).toEqual(kept)
  },
  120_000,
)

it('a workload identity is exchanged and sent alike by both programs', async () => {
  const claims = idClaims('acct-1', { chatgpt_account_user_id: 'au-1' })
  const token = jwt({ exp: 4102444800, ...claims })
  const calls: string[] = []
  const sent: unknown[] = []
  const lab = await createLab(provider, (request) => {
    if (request.url === '/oauth/token') {
      calls.push(request.body)
      const json = {
        access_token: token,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'model.request',
        chatgpt_account_id: 'acct-1',
        chatgpt_account_user_id: 'au-1',
        user_id: 'user-1',
        chatgpt_plan_type: 'pro',
      }
      return { status: 200, json }
    }
    if (!isModel(request)) return undefined
    const { authorization, 'chatgpt-account-id': account } = request.headers
    sent.push([authorization, account])
    // The first one of each program is refused.
    return sent.length % 2 === 1 ? { status: 401, json: { error: { message: 'no' } } } : 'turn'
  })
  const file = join(lab.home, 'identity-token')
  writeFileSync(file, `${jwt({ sub: 'workload', exp: 4102444800 })}\n`)
  // The variables may stand in the .env of the home.
  writeFileSync(
    join(lab.home, '.env'),
    `export OPENAI_FEDERATION_RULE_ID="rule-1"\nOPENAI_IDENTITY_TOKEN_FILE=${file}\n`,
  )
  expect(exitOf(await lab.theirs())).toBe('0')
  const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${lab.origin}/oauth/token` }
  expect(exitOf(await lab.ours({ env }))).toBe('0')
  expect(calls.length).toBe(4)
  expect(new Set(calls).size).toBe(1)
  expect(sent).toEqual(Array.from({ length: 4 }, () => [`Bearer ${token}`, 'acct-1']))
}, 120_000)

it('a home with layers, a profile and a .env means the same to both programs', async () => {
  const sent: unknown[] = []
  const lab = await createLab(
    'model = "mock-model"\n[model_providers.lab]\nname = "Lab"\nbase_url = "ORIGIN/v1"\nenv_key = "KEY"\n',
    (request) => {
      if (!isModel(request)) return undefined
      const { authorization, 'x-lab-team': team } = request.headers
      sent.push([authorization, team])
      return 'turn'
    },
  )
  writeFileSync(
    join(lab.home, 'work.config.toml'),
    'model_provider = "lab"\n[model_providers.lab]\nenv_http_headers = { X-Lab-Team = "TEAM" }\n',
  )
  writeFileSync(
    join(lab.home, '.env'),
    `KEY='sk-dotenv'\nTEAM="red # blue" # a comment\nexport CODEX_API_KEY=sk-ignored\nnot understood\n`,
  )
  const run = { args: ['--profile', 'work'], env: { KEY: 'sk-environment' } }
  expect(exitOf(await lab.theirs(run))).toBe('0')
  expect(exitOf(await lab.ours(run))).toBe('0')
  expect(sent).toEqual(Array.from({ length: 2 }, () => ['Bearer sk-dotenv', 'red # blue']))
}, 120_000)
