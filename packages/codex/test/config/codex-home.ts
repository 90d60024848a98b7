import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A Codex home that ends with the test. Objects become JSON. */
export function codexHomeWith(files: Readonly<Record<string, string | object>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'outbound-auth-codex-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
    writeFileSync(join(path, name), text, { mode: 0o600 })
  }
  return path
}

/** A JWT that nobody verifies. */
export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.c2ln`
}

/** Claims of an id token of one account. */
export function idClaims(account = 'acct-1', more: object = {}): object {
  const auth = { chatgpt_account_id: account, chatgpt_user_id: 'user-1', chatgpt_plan_type: 'pro', ...more }
  return { email: 'one@example.com', 'https://api.openai.com/auth': auth }
}

/** An access token that expires so many seconds after `now`. */
export function accessToken(now: Date, secondsLeft: number, id = 'a'): string {
  return jwt({ exp: Math.floor(now.getTime() / 1000) + secondsLeft, jti: id })
}

/** An `auth.json` of a ChatGPT login that was refreshed at `now`: pass the clock of the provider that reads it. */
export function chatgptDocument(
  now: Date,
  options: { readonly secondsLeft?: number; readonly refreshToken?: string; readonly account?: string } = {},
): ChatgptDocument {
  const { secondsLeft = 3600, refreshToken = 'refresh-1', account = 'acct-1' } = options
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: jwt(idClaims(account)),
      access_token: accessToken(now, secondsLeft),
      refresh_token: refreshToken,
      account_id: account,
    },
    last_refresh: now.toISOString(),
  }
}

/** The document of {@link chatgptDocument}. */
export interface ChatgptDocument {
  readonly auth_mode: string
  readonly OPENAI_API_KEY: null
  readonly tokens: {
    readonly id_token: string
    readonly access_token: string
    readonly refresh_token: string
    readonly account_id: string
  }
  readonly last_refresh: string
}

/** The private key whose seed is 32 bytes of 7. */
export const agentPrivateKey = 'MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH'

/** An agent as `auth.json` keeps it. */
export function agentRecord(more: object = {}): object {
  return {
    agent_runtime_id: 'agent-1',
    agent_private_key: agentPrivateKey,
    account_id: 'acct-1',
    chatgpt_user_id: 'user-1',
    email: 'one@example.com',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
    ...more,
  }
}
