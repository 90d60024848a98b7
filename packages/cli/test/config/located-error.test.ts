import { AuthError } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { locatedError, locatedRequestError } from '../../src/config/located-error.js'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

const locate = ({ message }: Error) => `c.toml:${message.length}`

test('locatedError() makes a TypeError an error of the file, and keeps the properties of an AuthError', () => {
  expect(locatedError(new TypeError('four'), locate)).toMatchObject({
    message: 'c.toml:4: four. Correct the file',
    class: 'config',
    code: 'ERR_CLI_CONFIG',
  })
  const cause = AuthError.build('why', { code: 'ERR_AUTH_URL' })
  const error = AuthError.transient('late', { code: 'ERR_AUTH_TIMEOUT', provider: 'bearer', cause })
  const located = locatedError(error, locate)
  expect(located).toMatchObject({ ...error, message: 'c.toml:4: late', retryable: true, cause })
  const other = new RangeError('x')
  expect(locatedError(other, locate)).toBe(other)
})

test('locatedRequestError() leaves errors that are not of the credential', () => {
  const of = (code: `ERR_AUTH_${string}`) => AuthError.build('x', { code })
  for (const error of [of('ERR_AUTH_ORIGIN'), of('ERR_AUTH_REDIRECT'), new TypeError('x')])
    expect(locatedRequestError(error, locate)).toBe(error)
  for (const code of ['ERR_AUTH_MISSING_FILE', 'ERR_AUTH_COMMAND_FAILED', 'ERR_AUTH_CREDENTIAL'] as const)
    expect(locatedRequestError(of(code), locate)).toMatchObject({ code, message: 'c.toml:1: x' })
})

const home = 'base_url = "http://127.0.0.1:1"'
const bearer = ['[providers.x]', 'kind = "bearer"', home]
const sigV4 = ['[providers.x]', 'kind = "sigv4"', 'service = "s3"', 'region = "eu"', home]
const failures: readonly [lines: readonly string[], code: number, problem: string][] = [
  [
    ['[providers.x]', 'kind = "api-key"', 'key = "SECRET"', 'header = "x api key"', home],
    2,
    '4: providers.x.header: Not a header name: "x api key". Correct the file (ERR_CLI_CONFIG)',
  ],
  [
    [...sigV4.slice(0, 2), 'service = "s 3"', ...sigV4.slice(3), 'credentials = "anonymous"'],
    2,
    '3: providers.x.service: Cannot sign request: service is empty or malformed, got a string. Write a signing name such as s3. Correct the file (ERR_CLI_CONFIG)',
  ],
  [
    [...bearer, 'token = { env = "X" }'],
    3,
    '4: providers.x.token: Cannot resolve bearer: token: environment variable X is unset or blank; set it (ERR_AUTH_MISSING_ENV)',
  ],
  [
    [...bearer, 'token = "SECRET"', '[providers.x.headers]', 'x-org = { env = "X" }'],
    3,
    '6: providers.x.headers.x-org: Cannot resolve bearer: header x-org: environment variable X is unset or blank; set it (ERR_AUTH_MISSING_ENV)',
  ],
  [
    [...bearer, 'token = "SECRET SECRET"'],
    3,
    '4: providers.x.token: The bearer credential has whitespace inside. Correct the token, key or password; outbound-auth headers --reveal shows what would be sent (ERR_AUTH_CREDENTIAL)',
  ],
  [
    [...sigV4, '[providers.x.credentials]', 'access_key_id = "a"', 'secret_access_key = { env = "X" }'],
    3,
    '8: providers.x.credentials.secret_access_key: Cannot resolve sigv4: credentials.secretAccessKey: environment variable X is unset or blank; set it (ERR_AUTH_MISSING_ENV)',
  ],
  [
    [...sigV4, '[providers.x.credentials]', 'access_key_id = "a"', 'secret_access_key = 3'],
    2,
    '8: credentials.secret_access_key must be the secret itself or one of { env = "NAME" }, { file = "path" } or { command = ["program", "argument"] } (ERR_CLI_CONFIG)',
  ],
  [
    ['', '', '[providers."my azure"]', 'preset = "azure-openai"', home, 'key = { env = "X" }'],
    3,
    '6: providers."my azure".key: Cannot resolve api-key: key: environment variable X is unset or blank; set it (ERR_AUTH_MISSING_ENV)',
  ],
  [
    ['', '', '[providers.azure]', 'preset = "azure-openai"', home],
    3,
    '3: providers.azure: Cannot resolve api-key: key: environment variable AZURE_OPENAI_API_KEY is unset or blank; set it (ERR_AUTH_MISSING_ENV)',
  ],
]

test.each(failures)('a failure of %j names file, line and key', async (lines, code, problem) => {
  const cwd = folder({ 'outbound-auth.toml': lines.join('\n') })
  for (const command of ['request', 'headers', 'explain']) {
    const result = await runCli([command, 'y'], { cwd })
    expect(result).toMatchObject({ code, err: `outbound-auth: outbound-auth.toml:${problem}\n` })
    expect(result.err).not.toContain('SECRET')
  }
})

test('a failure of a preset names the preset, and one of a Codex home the model provider', async () => {
  const { err } = await runCli(['request', 'y', '--provider', 'openai'])
  expect(err).toBe(
    'outbound-auth: preset openai: Cannot resolve bearer: token: environment variable OPENAI_API_KEY is unset or blank; set it (ERR_AUTH_MISSING_ENV)\n',
  )
  const lab = 'model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "http://127.0.0.1:1"\n'
  const program = JSON.stringify(process.execPath)
  const auth = `[model_providers.lab.auth]\ncommand = ${program}\nargs = ["-e", "process.exit(1)"]`
  const codexHome = folder({ 'config.toml': lab + auth })
  const failed = await runCli(['request', 'y', '--codex-home', codexHome], { env: process.env })
  expect(failed.err).toMatch(
    /^outbound-auth: config\.toml:2: provider lab: The credential command node exited/,
  )
})

test('a failure of a request names file, line and key of its credential', async () => {
  const text = [...bearer, 'token = { file = "missing" }'].join('\n')
  const cwd = folder({ 'outbound-auth.toml': text })
  for (const command of ['request', 'headers']) {
    const { err } = await runCli([command, 'y'], { cwd })
    expect(err).toMatch(
      /^outbound-auth: outbound-auth\.toml:4: providers\.x\.token: Cannot .*\/missing cannot be read: ENOENT \(.*no such file or directory\)\. Create the file, or correct its path \(ERR_AUTH_MISSING_FILE\)\n$/,
    )
  }
  const print = JSON.stringify([process.execPath, '-e', ''])
  const command = [...bearer, `token = { command = ${print} }`].join('\n')
  const { err } = await runCli(['headers', 'y'], {
    cwd: folder({ 'outbound-auth.toml': command }),
    env: process.env,
  })
  expect(err).toMatch(
    /^outbound-auth: outbound-auth\.toml:4: providers\.x\.token: The credential command node/,
  )
})
