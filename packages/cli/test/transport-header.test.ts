import { expect, test } from 'vitest'
import { folder } from './loopback.js'
import { runCli } from './run-cli.js'

const secret = 'SECRET-k3y'
const owned = ['host', 'Connection', 'content-length', 'Transfer-Encoding', 'expect', 'trailer', 'upgrade']
const rest = ['keep-alive', 'proxy-connection', 'Sec-Fetch-Mode']

async function explain(...lines: readonly string[]) {
  const text = ['[providers.x]', 'base_url = "https://api.example.com"', ...lines].join('\n')
  return runCli(['explain', '/v1'], { cwd: folder({ 'outbound-auth.toml': text }), env: { KEY: secret } })
}

test.each([...owned, ...rest, 'content-type', 'TE', ' host '])(
  'a file that puts a key into the header %j is told file, line and reason',
  async (header) => {
    for (const key of [`"${secret}"`, '{ env = "KEY" }']) {
      const { code, err } = await explain(
        'kind = "api-key"',
        `key = ${key}`,
        `header = ${JSON.stringify(header)}`,
      )
      expect(code).toBe(2)
      expect(err).toMatch(
        /^outbound-auth: outbound-auth\.toml:5: providers\.x\.header: apiKeyAuth: header must not be .+, so the credential would not arrive.* \(ERR_CLI_CONFIG\)\n$/,
      )
      expect(err).not.toContain(secret)
    }
  },
)

test.each([...owned, ...rest])(
  'a file with the static header %s is told file, line and reason',
  async (name) => {
    for (const value of [`"${secret}"`, '{ env = "KEY" }', '{ env = "UNSET", optional = true }']) {
      const { code, err } = await explain(
        'kind = "bearer"',
        'token = "t"',
        '[providers.x.headers]',
        `${name} = ${value}`,
      )
      expect(code).toBe(2)
      expect(err).toMatch(
        /^outbound-auth: outbound-auth\.toml:6: providers\.x\.headers\.[\w-]+: Cannot bind the bearer credential: headers must not hold header .+ \(ERR_CLI_CONFIG\)\n$/,
      )
      expect(err).not.toContain(secret)
    }
  },
)

test.each(['content-type', 'te', 'cookie'])('a file may have the static header %s', async (name) => {
  const { code } = await explain('kind = "bearer"', 'token = "t"', `headers = { ${name} = "trailers" }`)
  expect(code).toBe(0)
})

test('a name of a header that may hold a secret is not shown', async () => {
  const { code, err } = await explain('kind = "bearer"', 'token = "t"', `headers = { "x-a: ${secret}" = "" }`)
  expect(code).toBe(2)
  expect(err).not.toContain(secret)
})
