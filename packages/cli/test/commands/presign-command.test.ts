import { expect, test } from 'vitest'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

const toml = [
  '[providers.s3]\nkind = "sigv4"\nservice = "s3"\nregion = "eu-west-1"\nbase_url = "https://bucket.s3.eu-west-1.amazonaws.com"',
  'credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = { env = "S" }, session_token = "session" }',
  '[providers.b]\nkind = "bearer"\ntoken = "t"\nbase_url = "https://b.example.com"',
].join('\n')
const call = (...words: readonly string[]) =>
  runCli(['presign', ...words], { cwd: folder({ 'outbound-auth.toml': toml }), env: { S: 'SECRET' } })

test('presign prints a URL with a signature, and never the secret', async () => {
  const { code, out, err } = await call(
    'https://bucket.s3.eu-west-1.amazonaws.com/a%20b?x=1',
    '--expires',
    '900',
  )
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const { searchParams, pathname } = new URL(out.trim())
  expect(pathname).toBe('/a%20b')
  expect(Object.fromEntries(searchParams)).toMatchObject({
    x: '1',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(out).not.toContain('SECRET')
})

test('presign --json says method, headers to send and expiry, and signs headers of -H', async () => {
  const { out } = await call('PUT', 'key', '--provider', 's3', '-H', 'content-type: text/plain', '--json')
  const shown = JSON.parse(out)
  expect(shown).toMatchObject({ provider: 's3', method: 'PUT', url: expect.stringContaining('/key?') })
  expect(new URL(shown.url).searchParams.get('X-Amz-Expires')).toBe('3600')
  expect(Number.isNaN(Date.parse(shown.expiresAt))).toBe(false)
})

test.each([
  [['key', '--provider', 's3', '--expires', '0'], 2, '--expires takes'],
  [['key', '--provider', 's3', '--expires', '604801'], 2, '--expires takes'],
  [['key', '--provider', 'b'], 2, 'only kind sigv4'],
  [['https://other.example.com/', '--provider', 's3'], 3, 'ERR_AUTH_ORIGIN'],
  [['http://bucket.s3.eu-west-1.amazonaws.com/', '--provider', 's3'], 3, 'ERR_AUTH'],
])('presign %j is an error', async (words, code, message) => {
  const result = await call(...words)
  expect(result).toMatchObject({ code, out: '', err: expect.stringContaining(message) })
})
