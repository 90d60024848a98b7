import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  agentRecord,
  chatgptDocument,
  idClaims,
  jwt,
} from '../../../packages/codex/test/config/codex-home.js'
import { bundleCommand } from './bundle-command.js'
import { outcomeOf, type Probe } from './codex-probe-lab.js'

// Started by `pnpm test:codex-client`, which puts the real client into PATH.

const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-probes-'))
const bundled = bundleCommand(folder)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const page = readFileSync(join(import.meta.dirname, '../../../docs/codex-differences.md'), 'utf8')
const table = '[model_providers.lab]\nname = "Lab"\nbase_url = "ORIGIN/v1"\n'
const lab = (lines: string, env: Record<string, string> = { KEY: 'sk-1' }): Probe => ({
  config: table + lines,
  env,
})
const withKey = 'env_key = "KEY"\n'
const withLogin = (login: Probe['login'], more: Partial<Probe> = {}, lines = ''): Probe => ({
  config: `chatgpt_base_url = "ORIGIN/backend-api"\n${lines}${table}requires_openai_auth = true\n`,
  ...(login !== undefined && { login }),
  ...more,
})
const command = (output: string, more = ''): Probe => ({
  ...lab(`[model_providers.lab.auth]\ncommand = "HOME/token"\n${more}`),
  files: { token: `#!/bin/sh\nprintf '%s' '${output}'\n` },
})
const gateway = (output: string, delivery = 'kind = "header", name = "X-Gw"'): Probe => ({
  ...lab(
    `${withKey}[model_providers.lab.gateway_oauth]\ndelivery = { ${delivery} }\n[model_providers.lab.gateway_oauth.credential_export]\ncommand = "HOME/gw"\n`,
  ),
  files: { gw: `#!/bin/sh\nprintf '%s' '${output}'\n` },
})
const bedrock = (lines: string, more: Partial<Probe> = {}): Probe => {
  const id = 'model_providers.amazon-bedrock'
  return {
    config: `[${id}]\nbase_url = "ORIGIN/v1"\n${lines.replaceAll('ID', id)}`,
    env: { AWS_REGION: 'us-east-1' },
    ...more,
  }
}
const useBedrock = (probe: Probe): Probe => ({ ...probe, provider: 'amazon-bedrock' })
const exported = (json: string, more: Partial<Probe> = {}): Probe =>
  bedrock('[ID.aws]\nregion = "us-east-1"\n[ID.aws.credential_export]\ncommand = "HOME/export"\n', {
    files: {
      export: `#!/bin/sh\necho x >> "$0.runs"\nN=$(wc -l < "$0.runs" | tr -d " ")\ncat <<X\n${json}\nX\n`,
    },
    ...more,
  })
const now = new Date()
const chatgpt = chatgptDocument(now)
const foreign = (tokens: object) => ({ ...chatgpt, tokens: { ...chatgpt.tokens, ...tokens } })
const account = {
  email: 'a',
  chatgpt_user_id: 'u',
  chatgpt_account_id: 'acct-9',
  chatgpt_plan_type: 'pro',
  chatgpt_account_is_fedramp: false,
}
const pat = (change: object): Probe =>
  withLogin(
    { personal_access_token: 'at-1' },
    { env: { CODEX_AUTHAPI_BASE_URL: 'ORIGIN/authapi' }, answers: { '/whoami': { ...account, ...change } } },
  )
const withAgent = (change: object): Probe =>
  withLogin(
    { auth_mode: 'agentIdentity', agent_identity: agentRecord({ task_id: 'task-1', ...change }) },
    {
      env: {
        CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: 'ORIGIN/authapi',
        CODEX_AGENT_IDENTITY_JWKS_BASE_URL: 'ORIGIN/backend-api',
      },
    },
  )
const countingGateway: Probe = {
  ...gateway(''),
  files: { gw: '#!/bin/sh\necho x >> "$0.runs"\necho "gw-$(wc -l < "$0.runs" | tr -d " ")"\n' },
}
const pushed = { ...chatgpt, auth_mode: 'chatgptAuthTokens' }
const token = chatgpt.tokens.access_token
const keys = '"AccessKeyId":"AKX$N","SecretAccessKey":"s"'

describe('both programs do the same with', () => {
  it.each<[string, Probe, string]>([
    [
      'a base URL that ends in slashes',
      { ...lab(withKey), config: `${table.replace('/v1', '/v1//')}${withKey}` },
      'Bearer sk-1; ok',
    ],
    [
      'an empty base URL',
      {
        ...lab(withKey),
        config: `${table.replace('ORIGIN/v1', '')}request_max_retries = 0\nstream_max_retries = 0\n${withKey}`,
      },
      'error',
    ],
    [
      'a header and a parameter that are called constructor',
      lab(
        `${withKey}http_headers = { constructor = "a", X-Team = "t" }\nquery_params = { constructor = "q" }`,
      ),
      'Bearer sk-1 t ?constructor=q; ok',
    ],
    [
      'a variable for a header that is blank',
      lab(`${withKey}http_headers = { X-Team = "fixed" }\nenv_http_headers = { X-Team = "V" }`, {
        KEY: 'sk-1',
        V: ' ',
      }),
      'Bearer sk-1 fixed; ok',
    ],
    ['a float for a whole number', lab(`${withKey}request_max_retries = 1.0`), 'error'],
    ['an integer of 64 bits', lab(`${withKey}request_max_retries = 9223372036854775807`), 'Bearer sk-1; ok'],
    [
      'a feature that is no switch',
      { ...lab(withKey), config: `features.use_agent_identity = "true"\n${table}${withKey}` },
      'error',
    ],
    [
      'a provider called constructor',
      {
        ...lab(withKey),
        config: `${table}${withKey}`.replaceAll('model_providers.lab', 'model_providers.constructor'),
        provider: 'constructor',
      },
      'Bearer sk-1; ok',
    ],
    [
      'a token of a command that is not ASCII',
      command('tökén'),
      `Bearer ${Buffer.from('tökén').toString('latin1')}; ok`,
    ],
    [
      'a working directory with a tilde',
      {
        ...lab('[model_providers.lab.auth]\ncommand = "./t"\ncwd = "~/sub"\n'),
        files: { 'sub/t': '#!/bin/sh\necho of-sub\n' },
      },
      'Bearer of-sub; ok',
    ],
    ['a gateway whose token has a blank', gateway('a b'), 'error'],
    ['a gateway whose token is not ASCII', gateway('tökén'), 'error'],
    ['a gateway with a cookie', gateway('gw-1', 'kind = "cookie", name = "gw"'), 'Bearer sk-1 gw=gw-1; ok'],
    [
      'a gateway after a 401',
      { ...countingGateway, refusals: [[401]] },
      'Bearer sk-1 gw Bearer gw-1; Bearer sk-1 gw Bearer gw-2; ok',
    ],
    ['a key of auth.json', withLogin({ OPENAI_API_KEY: 'sk-file' }), 'Bearer sk-file; ok'],
    [
      'tokens of another application, though they are old',
      withLogin({
        ...pushed,
        tokens: { ...chatgpt.tokens, access_token: 'opaque' },
        last_refresh: '2026-01-01T00:00:00Z',
      }),
      'Bearer opaque acct-1; ok',
    ],
    ['an agent whose plan is empty', withAgent({ plan_type: '' }), 'AgentAssertion acct-1; ok'],
    [
      'a workspace id with whitespace',
      withLogin(chatgpt, {}, 'forced_chatgpt_workspace_id = [" acct-1 "]\n'),
      'Bearer TOKEN acct-1; ok',
    ],
    [
      'a workspace that only the id token names',
      withLogin(foreign({ account_id: undefined }), {}, 'forced_chatgpt_workspace_id = "acct-1"\n'),
      'Bearer TOKEN; ok',
    ],
    [
      'a login that the configuration forbids',
      withLogin({ OPENAI_API_KEY: 'sk-1' }, {}, 'forced_login_method = "chatgpt"\n'),
      'error',
    ],
    ['a personal access token', pat({}), 'Bearer at-1 acct-9; ok'],
    [
      'a gcp without location',
      {
        config: '[model_providers.gcp]\nbase_url = "ORIGIN/v1"\n',
        files: { 'bin/gcloud': '#!/bin/sh\necho ya29\n' },
        provider: 'gcp',
      },
      'Bearer ya29; ok',
    ],
    ['exported AWS keys', useBedrock(exported(`{${keys}}`)), 'AKX1; ok'],
    [
      'exported AWS keys after any 401',
      useBedrock(exported(`{${keys}}`, { refusals: [[401]] })),
      'AKX1; AKX2; ok',
    ],
    [
      'exported AWS keys after a 403 of an expired token',
      useBedrock(
        exported(`{${keys}}`, { refusals: [[403, { error: { message: 'ExpiredTokenException: x' } }]] }),
      ),
      'AKX1; AKX2; ok',
    ],
    [
      'exported AWS keys beside incomplete inner ones',
      useBedrock(exported(`{${keys},"Credentials":{}}`)),
      'AKX1; ok',
    ],
    [
      'a blank AWS profile beside keys',
      useBedrock(
        bedrock('[ID.aws]\nprofile = " "\n', {
          env: { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 's' },
        }),
      ),
      'error',
    ],
    [
      'an ephemeral login beside AWS keys',
      useBedrock({
        ...bedrock('', {
          env: { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 's' },
          login: { bedrock_api_key: { api_key: 'bk', region: 'us-east-1' } },
        }),
        config:
          'cli_auth_credentials_store = "ephemeral"\n[model_providers.amazon-bedrock]\nbase_url = "ORIGIN/v1"\n',
      }),
      'AKENV; ok',
    ],
  ])('%s', async (_, probe, expected) => {
    const outcomes = [await outcomeOf(probe), await outcomeOf(probe, await bundled)]
    expect(outcomes.map(short)).toEqual([expected, expected])
  })
})

/** Tokens and assertions are long, and assertions differ. */
function short(outcome: string): string {
  return outcome
    .replaceAll(token, 'TOKEN')
    .replace(/Bearer [\w-]{10,}\.[\w-]{10,}\.[\w-]+/g, 'Bearer TOKEN')
    .replace(/AgentAssertion [\w-]+/g, 'AgentAssertion')
}

describe('the programs differ as docs/codex-differences.md says:', () => {
  it.each<[id: string, probe: Probe, codex: string, we: string]>([
    [
      'credential-not-loaded',
      withLogin({ auth_mode: 'apiKey', OPENAI_API_KEY: 'sk-1' }),
      'bare; ok',
      'error',
    ],
    ['token-form', command('a b'), 'Bearer a b; ok', 'error'],
    ['token-form', lab(withKey, { KEY: 'Bearer sk-1' }), 'Bearer Bearer sk-1; ok', 'error'],
    ['command-json', command('"tok"'), 'Bearer "tok"; ok', 'Bearer tok; ok'],
    ['literal-blanks', lab('experimental_bearer_token = " t "'), 'Bearer  t; ok', 'Bearer t; ok'],
    ['trimmed-variables', lab(withKey, { KEY: ' sk-1' }), 'Bearer  sk-1; ok', 'Bearer sk-1; ok'],
    ['illegal-headers', lab(`${withKey}http_headers = { "X Bad" = "1" }`), 'Bearer sk-1; ok', 'error'],
    [
      'query-encoded',
      lab(`${withKey}query_params = { a = "b+c" }`),
      'Bearer sk-1 ?a=b+c; ok',
      'Bearer sk-1 ?a=b%2Bc; ok',
    ],
    ['unknown-key', lab(`${withKey}credential_file = "/a.json"`), 'Bearer sk-1; ok', 'error'],
    [
      'auth-json-form',
      withLogin('{"OPENAI_API_KEY":"sk-1","last_refresh":"soon"}'),
      'bare; ok',
      'Bearer sk-1; ok',
    ],
    [
      'id-token-form',
      withLogin(foreign({ id_token: `${chatgpt.tokens.id_token}.x` })),
      'Bearer TOKEN acct-1; ok',
      'error',
    ],
    ['empty-ids', withAgent({ account_id: '' }), 'AgentAssertion; ok', 'error'],
    ['account-members', pat({ chatgpt_user_id: undefined }), 'bare; ok', 'Bearer at-1 acct-9; ok'],
    ['no-login', withLogin(undefined), 'bare; ok', 'error'],
    [
      'no-login',
      withLogin({ ...chatgptDocument(now, { secondsLeft: -60 }), auth_mode: 'chatgptAuthTokens' }),
      'Bearer TOKEN acct-1; ok',
      'error',
    ],
    [
      'pushed-tokens',
      withLogin(pushed, { refusals: [[401]] }),
      'Bearer TOKEN acct-1; ok',
      'Bearer TOKEN acct-1; error',
    ],
    ['one-try', { ...lab(withKey), refusals: [[403]] }, 'Bearer sk-1; ok', 'Bearer sk-1; error'],
    [
      'other-login',
      {
        ...withLogin(chatgpt, {
          refusals: [[401], [401], [200]],
          env: { KEY: 'sk-1', CODEX_REFRESH_TOKEN_URL_OVERRIDE: 'ORIGIN/oauth/token' },
          answers: {
            '/oauth/token': {
              access_token: jwt({ exp: 4102444800 }),
              refresh_token: 'r2',
              id_token: chatgpt.tokens.id_token,
            },
          },
        }),
        config: `chatgpt_base_url = "ORIGIN/backend-api"\n${table}${withKey}`,
      },
      'Bearer sk-1; /oauth/token; Bearer sk-1; ok',
      'Bearer sk-1; error',
    ],
    [
      'unused-login',
      {
        ...lab(withKey),
        config: `forced_login_method = "chatgpt"\n${table}${withKey}`,
        login: { OPENAI_API_KEY: 'sk-file' },
      },
      'error',
      'Bearer sk-1; ok',
    ],
    [
      'foreign-refresh',
      withLogin(chatgptDocument(now, { secondsLeft: 5 }), {
        env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: 'ORIGIN/oauth/token' },
        answers: {
          '/oauth/token': {
            access_token: jwt({ exp: 4102444800 }),
            refresh_token: 'r2',
            id_token: jwt(idClaims('acct-2')),
          },
        },
      }),
      '/oauth/token; Bearer TOKEN acct-1; ok',
      '/oauth/token; error',
    ],
    [
      'other-keys',
      { ...lab(withKey), config: `approval_policy = 3\n${table}${withKey}` },
      'error',
      'Bearer sk-1; ok',
    ],
    ['gateway-transport-header', gateway('gw-1', 'kind = "header", name = "TE"'), 'Bearer sk-1; ok', 'error'],
    [
      'aws-variables',
      useBedrock(
        bedrock('', { env: { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKENV', SECRET_ACCESS_KEY: 's' } }),
      ),
      'AKENV; ok',
      'error',
    ],
    ['aws-export-form', useBedrock(exported(`\ufeff{${keys}}`)), 'error', 'AKX1; ok'],
    [
      'aws-code',
      useBedrock(
        exported(`{${keys}}`, { refusals: [[400, { error: { message: 'ExpiredTokenException: x' } }]] }),
      ),
      'AKX1; error',
      'AKX1; AKX2; ok',
    ],
    ['dotenv-unreadable', { ...lab(withKey), files: { 'home/.env/x': '' } }, 'Bearer sk-1; ok', 'error'],
  ])('%s', async (id, probe, codex, we) => {
    expect(page).toContain(`\n| ${id} | `)
    const outcomes = [await outcomeOf(probe), await outcomeOf(probe, await bundled)]
    expect(outcomes.map(short)).toEqual([codex, we])
  })
})
