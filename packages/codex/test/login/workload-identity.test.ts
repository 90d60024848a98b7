import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answeredWith, createCodexLab, problemOf, requestOf } from '../codex-lab.js'
import { codexHomeWith } from '../config/codex-home.js'

const good = {
  access_token: 'access-1',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 600,
  scope: 'model.request',
  user_id: 'user-0',
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
    ['busy', Response.json({}, { status: 429 }), /transient .*responded with status 429/],
    ['refusing', Response.json({}, { status: 400 }), /build .*responded with status 400/],
    ['without token', { ...good, access_token: '' }, /has no access_token/],
    ['with another type', { ...good, token_type: 'MAC' }, /token_type other than Bearer/],
    ['without end', { ...good, expires_in: 7200 }, /expires_in that is not 1 to 3600/],
    ['without a whole number of seconds', { ...good, expires_in: 1.5 }, /expires_in that is not 1 to 3600/],
    ['with an end that is a text', { ...good, expires_in: '600' }, /expires_in that is not 1 to 3600/],
    ['without issued_token_type', { ...good, issued_token_type: undefined }, /has no issued_token_type/],
    [
      'with the type of another token',
      { ...good, issued_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
      /issued_token_type other than/,
    ],
    ['without user', { ...good, user_id: undefined }, /has no user_id/],
    ['with an empty user', { ...good, user_id: '' }, /has no user_id/],
    ['without scope', { ...good, scope: undefined }, /has no scope/],
    ['with a blank scope', { ...good, scope: ' ' }, /has no scope/],
    ['with a scope that is no text', { ...good, scope: ['a'] }, /has no scope/],
    ['without account', { ...good, chatgpt_account_id: '' }, /has no chatgpt_account_id/],
    ['with whitespace in the token', { ...good, access_token: 'access 1' }, /whitespace inside/],
  ])('explains a server that is %s', async (_, answer, expected) => {
    expect(await problemOf(createLab([answer]).codex.resolve())).toMatch(expected)
  })

  it('explains a file that cannot be used', async () => {
    const folder = codexHomeWith({ empty: ' ' })
    const withFile = (path: string) =>
      problemOf(createLab([good], { OPENAI_IDENTITY_TOKEN_FILE: path }).codex.resolve())
    expect(await withFile('relative')).toMatch(/must be an absolute path/)
    expect(await withFile(join(folder, 'none'))).toMatch(
      /transient .*the file of OPENAI_IDENTITY_TOKEN_FILE cannot be read/,
    )
    expect(await withFile(join(folder, 'empty'))).toMatch(/build .*empty or longer/)
    writeFileSync(join(folder, 'empty'), 'x'.repeat(2 ** 20 + 1))
    expect(await withFile(join(folder, 'empty'))).toMatch(
      /build .*the file of OPENAI_IDENTITY_TOKEN_FILE is larger than 1 MiB/,
    )
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await withFile(join(folder, 'pipe'))).toMatch(
      /build .*the file of OPENAI_IDENTITY_TOKEN_FILE is a pipe, not a regular file/,
    )
  })
})

const onlyLogin = { 'auth.json': { OPENAI_API_KEY: 'sk-planted' } }
const lab = '[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com"\nenv_key = "KEY"\n'

describe('createCodexResolver() closes the door to every other login', () => {
  it.each([
    'OPENAI_IDENTITY_TOKEN_FILE',
    'OPENAI_IDENTITY_TOKEN_SOURCE',
    'OPENAI_SPIFFE_AUDIENCE',
    'OPENAI_SPIFFE_ID',
  ])('as soon as %s is set, even to nothing', async (name) => {
    for (const value of ['x', ' ', '']) {
      const env = { [name]: value, CODEX_API_KEY: 'sk-planted', KEY: 'sk-lab', AWS_REGION: 'us-east-1' }
      const { codex, calls } = createCodexLab({ ...onlyLogin, 'config.toml': lab }, { env })
      for (const provider of ['openai', 'lab', 'amazon-bedrock']) {
        const problem = await problemOf(codex.resolve({ provider }))
        expect(problem).toMatch(
          /^ERR_AUTH_CODEX_WORKLOAD_IDENTITY build .*workload identity requires OPENAI_FEDERATION_RULE_ID/,
        )
        expect(problem).toContain(`or unset ${name}`)
      }
      expect(calls).toEqual([])
    }
  })

  it.each(['SPIFFE_ENDPOINT_SOCKET', 'OPENAI_WORKLOAD_IDENTITY_CONTEXT'])(
    'but not for %s alone',
    async (name) => {
      const { codex } = createCodexLab(onlyLogin, { env: { [name]: 'x' } })
      expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-planted' })
    },
  )
})

describe('createCodexResolver() explains a workload identity with', () => {
  const file = { OPENAI_FEDERATION_RULE_ID: 'r', OPENAI_IDENTITY_TOKEN_FILE: '/token' }
  it.each<[string, Record<string, string>, RegExp]>([
    ['a blank rule', { ...file, OPENAI_FEDERATION_RULE_ID: ' ' }, /OPENAI_FEDERATION_RULE_ID is blank/],
    ['no file', { OPENAI_FEDERATION_RULE_ID: 'r' }, /requires OPENAI_IDENTITY_TOKEN_FILE/],
    ['an empty file', { ...file, OPENAI_IDENTITY_TOKEN_FILE: '' }, /FILE must be an absolute path/],
    [
      'blanks before the file',
      { ...file, OPENAI_IDENTITY_TOKEN_FILE: ' /token' },
      /must be an absolute path/,
    ],
    ['an unknown source', { ...file, OPENAI_IDENTITY_TOKEN_SOURCE: 'FILE' }, /SOURCE must be file or spiffe/],
    ['a blank source', { ...file, OPENAI_IDENTITY_TOKEN_SOURCE: ' ' }, /SOURCE must be file or spiffe/],
    [
      'an audience for SPIFFE',
      { ...file, OPENAI_SPIFFE_AUDIENCE: '' },
      /OPENAI_SPIFFE_AUDIENCE is for SPIFFE/,
    ],
    [
      'an id for SPIFFE',
      { ...file, OPENAI_IDENTITY_TOKEN_SOURCE: 'file', OPENAI_SPIFFE_ID: 'i' },
      /SPIFFE_ID is for SPIFFE/,
    ],
    [
      'SPIFFE and a file',
      { ...file, OPENAI_IDENTITY_TOKEN_SOURCE: 'spiffe' },
      /asks for SPIFFE, and OPENAI_IDENTITY_TOKEN_FILE is set/,
    ],
    [
      'SPIFFE',
      { OPENAI_FEDERATION_RULE_ID: 'r', OPENAI_IDENTITY_TOKEN_SOURCE: 'spiffe', OPENAI_SPIFFE_AUDIENCE: 'a' },
      /asks for SPIFFE, which is not supported: .* to a file, set OPENAI_IDENTITY_TOKEN_FILE to its absolute path/,
    ],
  ])('%s', async (_, env, expected) => {
    const { codex, calls } = createCodexLab({}, { env })
    expect(await problemOf(codex.resolve())).toMatch(/^ERR_AUTH_CODEX_WORKLOAD_IDENTITY build /)
    expect(await problemOf(codex.resolve())).toMatch(expected)
    expect(calls).toEqual([])
  })

  it('another environment than production and staging, whose server is another one', async () => {
    const urlFor = async (base: string) => {
      const folder = codexHomeWith({ token: 'assertion-1' })
      const env = { OPENAI_FEDERATION_RULE_ID: 'r', OPENAI_IDENTITY_TOKEN_FILE: join(folder, 'token') }
      const files = { 'config.toml': `chatgpt_base_url = "${base}"` }
      const { codex, calls } = createCodexLab(files, { env }, () => Response.json(good))
      const problem = await problemOf(codex.resolve())
      return calls[0]?.url ?? problem
    }
    expect(await urlFor('https://chatgpt.com/backend-api/')).toBe('https://auth.openai.com/oauth/token')
    expect(await urlFor('https://chatgpt-staging.com')).toBe('https://auth.api.openai.org/oauth/token')
    expect(await urlFor('https://proxy.example.com')).toMatch(/production and staging/)
  })
})

it('createCodexResolver() exchanges a workload identity again after a 401, and sends even the same token', async () => {
  for (const second of [{ ...good, access_token: 'access-2' }, good]) {
    const { codex, calls } = createLab([good, second])
    const { status, sent } = await answeredWith(await codex.resolve(), [{ status: 401 }])
    expect([status, sent.map(({ authorization }) => authorization)]).toEqual([
      200,
      ['Bearer access-1', `Bearer ${second.access_token}`],
    ])
    expect(calls.length).toBe(2)
  }
})

it('createCodexResolver() gives up when a workload identity is refused twice', async () => {
  const { codex, calls } = createLab([good, good, good, good])
  const refusals = [{ status: 401 }, { status: 401 }, { status: 401 }]
  const { status, sent } = await answeredWith(await codex.resolve(), refusals)
  expect([status, sent.length, calls.length]).toEqual([401, 2, 2])
})

it('createCodexResolver() sends the context of a workload identity as it is, blanks and all', async () => {
  for (const context of [' c ', '']) {
    const { codex, calls } = createLab([good], { OPENAI_WORKLOAD_IDENTITY_CONTEXT: context })
    await codex.resolve()
    expect(new URLSearchParams(calls[0]?.body).get('workload_identity_context')).toBe(context)
  }
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
    expect(await problemOf(createCodexLab({}, { env }, moved).codex.resolve())).toMatch(
      /responded with status 302/,
    )
    const broken = () => Promise.reject(new TypeError('secret text'))
    expect(await problemOf(createCodexLab({}, { env }, broken).codex.resolve())).toMatch(
      /transient .*could not be reached$/,
    )
  })
})

describe('createCodexResolver(), with a workload identity, reads', () => {
  const withFile = (content: string | Uint8Array) => {
    const folder = codexHomeWith()
    const file = join(folder, 'token')
    writeFileSync(file, content)
    return createLab([good], { OPENAI_IDENTITY_TOKEN_FILE: file })
  }

  it('a response of any status that says success', async () => {
    const { codex } = createLab([Response.json(good, { status: 201 })])
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe('Bearer access-1')
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ['that is not UTF-8', new Uint8Array([0xff, 0x41]), /OPENAI_IDENTITY_TOKEN_FILE is not UTF-8 text/],
    [
      'of more than 16 KiB',
      `${'a'.repeat(16_384)}\n`,
      /OPENAI_IDENTITY_TOKEN_FILE is empty or longer than 16384 bytes/,
    ],
    ['that is empty', ' \n', /OPENAI_IDENTITY_TOKEN_FILE is empty/],
  ])('no token file %s', async (_, content, expected) => {
    const { codex, calls } = withFile(content)
    expect(await problemOf(codex.resolve())).toMatch(expected)
    expect(calls).toEqual([])
  })

  it('a token of 16 KiB', async () => {
    expect(await problemOf(withFile('a'.repeat(16_384)).codex.resolve())).toBe('no error')
  })

  it('no plan that is a number', async () => {
    expect(await problemOf(createLab([{ ...good, chatgpt_plan_type: 5 }]).codex.resolve())).toMatch(
      /chatgpt_plan_type/,
    )
    expect(await problemOf(createLab([{ ...good, chatgpt_plan_type: null }]).codex.resolve())).toBe(
      'no error',
    )
  })
})

describe('createCodexResolver(), with a workload identity, says what to do', () => {
  it.each<[string, () => ReturnType<typeof createLab>, RegExp]>([
    [
      'when it is refused',
      () => createLab([Response.json({}, { status: 401 })]),
      /responded with status 401; check OPENAI_FEDERATION_RULE_ID and the token in OPENAI_IDENTITY_TOKEN_FILE$/,
    ],
    [
      'when the server is busy',
      () => createLab([Response.json({}, { status: 429 })]),
      /responded with status 429; try again later$/,
    ],
    [
      'without a token file',
      () => createLab([], { OPENAI_IDENTITY_TOKEN_FILE: '/nowhere/token' }),
      /the file of OPENAI_IDENTITY_TOKEN_FILE cannot be read/,
    ],
    [
      'with a relative token file',
      () => createLab([], { OPENAI_IDENTITY_TOKEN_FILE: 'token' }),
      /OPENAI_IDENTITY_TOKEN_FILE must be an absolute path/,
    ],
  ])('%s', async (_, create, expected) => {
    expect(await problemOf(create().codex.resolve())).toMatch(expected)
  })
})
