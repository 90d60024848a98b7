import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codexHomeWith } from './codex-home.js'
import { createCodexLab, problemOf, requestOf } from './codex-lab.js'

const good = {
  access_token: 'access-1',
  token_type: 'Bearer',
  expires_in: 600,
  chatgpt_account_id: 'acct-1',
  chatgpt_account_user_id: 'user-1',
}

function createLab(answers: (Response | object)[], more: Record<string, string> = {}, now?: () => Date) {
  const folder = codexHomeWith({ token: ' assertion-1\n', empty: '' })
  const env = {
    OPENAI_FEDERATION_RULE_ID: 'rule-1',
    OPENAI_IDENTITY_TOKEN_FILE: join(folder, 'token'),
    CODEX_API_KEY: 'sk-loses',
    ...more,
  }
  return createCodexLab({}, { env, ...(now && { now }) }, (_, count) => {
    const answer = answers[count - 1] ?? {}
    return answer instanceof Response ? answer : Response.json(answer)
  })
}

describe('createCodexResolver(), with a workload identity,', () => {
  it('exchanges it once, and sends the token with its account', async () => {
    const { codex, calls } = createLab([good], { OPENAI_WORKLOAD_IDENTITY_CONTEXT: 'context-1' })
    const auth = await codex.resolve()
    expect(await requestOf(auth)).toEqual({
      url: 'https://chatgpt.com/backend-api/codex/responses',
      headers: { authorization: 'Bearer access-1', 'chatgpt-account-id': 'acct-1' },
    })
    await requestOf(auth)
    expect(calls.map(({ url }) => url)).toEqual(['https://auth.openai.com/oauth/token'])
    expect(Object.fromEntries(new URLSearchParams(calls[0]?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'assertion-1',
      federation_rule_id: 'rule-1',
      workload_identity_context: 'context-1',
    })
  })

  it.each([
    ['the same account', good, 'no error'],
    ['another account', { ...good, chatgpt_account_id: 'acct-2' }, 'ERR_AUTH_CODEX_ACCOUNT'],
  ])('renews a token that has ended, for %s', async (_, second, expected) => {
    let nowMs = Date.now()
    const { codex } = createLab([good, { ...second, access_token: 'access-2' }], {}, () => new Date(nowMs))
    const auth = await codex.resolve()
    await requestOf(auth)
    nowMs += 700_000
    expect(await problemOf(requestOf(auth))).toContain(expected)
  })

  it.each<[string, Response | object, RegExp]>([
    ['busy', Response.json({}, { status: 429 }), /transient .*answered 429/],
    ['refusing', Response.json({}, { status: 400 }), /build .*answered 400/],
    ['without token', { ...good, access_token: '' }, /has no access_token/],
    ['with another type', { ...good, token_type: 'MAC' }, /token_type other than Bearer/],
    ['without end', { ...good, expires_in: 7200 }, /expires_in that is not 1 to 3600/],
  ])('explains a server that is %s', async (_, answer, expected) => {
    expect(await problemOf(createLab([answer]).codex.resolve())).toMatch(expected)
  })

  it('explains a file that cannot be used', async () => {
    const folder = codexHomeWith({ empty: ' ' })
    const withFile = (path: string) =>
      problemOf(createLab([good], { OPENAI_IDENTITY_TOKEN_FILE: path }).codex.resolve())
    expect(await withFile('relative')).toMatch(/must be an absolute path/)
    expect(await withFile(join(folder, 'none'))).toMatch(/transient .*token file cannot be read/)
    expect(await withFile(join(folder, 'empty'))).toMatch(/build .*empty or longer/)
    writeFileSync(join(folder, 'empty'), 'x'.repeat(2 ** 20 + 1))
    expect(await withFile(join(folder, 'empty'))).toMatch(/build .*its token file is larger than 1 MiB/)
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await withFile(join(folder, 'pipe'))).toMatch(
      /build .*its token file is a pipe, not a regular file/,
    )
  })
})

describe('createCodexResolver() calls a server of logins', () => {
  const env = { CODEX_ACCESS_TOKEN: 'at-1' }
  it('over https only, without following redirects, and reads no endless answer', async () => {
    const plain = { ...env, CODEX_AUTHAPI_BASE_URL: 'http://auth.example.com' }
    expect(await problemOf(createCodexLab({}, { env: plain }).codex.resolve())).toMatch(
      /^ERR_AUTH_INSECURE_TRANSPORT build/,
    )
    const none = { ...env, CODEX_AUTHAPI_BASE_URL: 'none' }
    await expect(createCodexLab({}, { env: none }).codex.resolve()).rejects.toThrow(TypeError)
    const endless = () => new Response(new Uint8Array(2 * 1024 * 1024))
    expect(await problemOf(createCodexLab({}, { env }, endless).codex.resolve())).toMatch(/WHOAMI_REFUSED/)
    const moved = () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })
    expect(await problemOf(createCodexLab({}, { env }, moved).codex.resolve())).toMatch(/answered 302/)
    const broken = () => Promise.reject(new TypeError('secret text'))
    expect(await problemOf(createCodexLab({}, { env }, broken).codex.resolve())).toMatch(
      /transient .*could not be reached$/,
    )
  })
})
