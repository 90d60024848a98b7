import { expect, test } from 'vitest'
import { redacted, redactHeaders, redactResponse, redactUrl } from '../../src/request/redact-request.js'

const provider = { kind: 'x', headerNames: [], queryNames: ['mine'], addAuthHeaders() {} }

test.each([
  ...[
    'pwd',
    'sas',
    'session',
    'jwt',
    'pass',
    'passwd',
    'password',
    'passphrase',
    'pin',
    'otp',
    'sid',
    'session_id',
  ],
  ...[
    'PHPSESSID',
    'JSESSIONID',
    'apikey',
    'api-key',
    'apiKey',
    'appkey',
    'subscription-key',
    'x-functions-key',
    'k3y_key',
  ],
  ...[
    'access_token',
    'id_token',
    'refreshToken',
    'bearer',
    'auth',
    'authorization',
    'oauth_verifier',
    'code_verifier',
  ],
  ...[
    'client_secret',
    'secret',
    'clientSecret',
    'sig',
    'signature',
    'X-Amz-Signature',
    'X-Amz-Security-Token',
    'hmac',
  ],
  ...[
    'X-Amz-Credential',
    'X-Goog-Signature',
    'assertion',
    'client_assertion',
    'SAMLResponse',
    'ticket',
    'csrf',
    'cookie',
  ],
  ...[
    'code',
    'auth_code',
    'device_code',
    'creds',
    'credential',
    'private_key',
    'mine',
    'user[password]',
    'a.pwd',
    'PWD',
    'Jwt',
  ],
  ...['p%77d', '%70%77%64', '%2570wd', 'pwd%00'],
])('redactUrl() hides the value of %s', (name) => {
  const shown = redactUrl(`https://a/b?x=1&${name}=hunter&y=2#hunter`, { provider })
  expect(shown).toBe(`https://a/b?x=1&${name}=${redacted}&y=2`)
  expect(redactUrl(`https://a/b?x=1;${name}=hunter`, { provider })).toBe(
    `https://a/b?x=1;${name}=${redacted}`,
  )
})

test.each([
  ['a JWT', 'x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
  ['a key', 'x=sk-hunter0123456789'],
  ['a token of GitHub', 'q=ghp_hunter0123456789'],
  ['a URL with a parameter', 'next=https%3A%2F%2Fb%2F%3Fpwd%3Dhunter'],
  ['a URL encoded twice', 'next=https%253A%252F%252Fb%252F%253Fpwd%253Dhunter'],
  ['JSON', 'filter={"password":"hunter"}'],
  ['encoded JSON', 'filter=%7B%22password%22%3A%22hunter%22%7D'],
])('redactUrl() hides a value that is or holds %s', (_, pair) => {
  const [name = ''] = pair.split('=')
  expect(redactUrl(`https://a/?${pair}`, { provider })).toBe(`https://a/?${name}=${redacted}`)
})

test('redactUrl() hides a user and a password before the host', () => {
  expect(redactUrl('https://bob:hunter@a/b?x=1')).toBe(`https://${redacted}@a/b?x=1`)
  expect(redactUrl('https://bob:hun@ter@a/b')).toBe(`https://${redacted}@a/b`)
  expect(redactUrl('/path@v2/x?y=a@b')).toBe('/path@v2/x?y=a@b')
})

test.each([
  'model=gpt-5&limit=10&api-version=2026-01-01',
  'q=skateboarding-tricks',
  'alt=sse&monkey=1&author=bob&country_code=DE&seed=42',
  'state=abc&page=2&cursor=Zm9v&sort=desc',
  'x',
  'pwd',
  '',
])('redactUrl() shows %j', (query) => {
  expect(redactUrl(`https://a/?${query}`, { provider })).toBe(`https://a/?${query}`)
})

test('redactHeaders() hides a static header whose name means a secret', () => {
  const headers = new Headers({
    'x-pwd': 'hunter',
    'x-session': 'hunter',
    'x-jwt': 'hunter',
    'x-team': 'search',
  })
  const shown = Object.fromEntries(redactHeaders(headers, { provider, headers }))
  expect(shown).toEqual({ 'x-pwd': redacted, 'x-session': redacted, 'x-jwt': redacted, 'x-team': 'search' })
})

test.each<[name: string, value: string, shown: string]>([
  ['set-cookie', 'sid=hunter', redacted],
  ['x-session-id', 'hunter', redacted],
  ['x-jwt', 'hunter', redacted],
  ['x-reset-token', 'hunter', redacted],
  ['x-refresh-tokens', 'hunter', redacted],
  ['x-password', 'hunter', redacted],
  ['authorization', 'Bearer hunter', redacted],
  ['x-amz-security-token', 'hunter', redacted],
  ['x-ratelimit-remaining-tokens', '5', '5'],
  ['anthropic-ratelimit-tokens-reset', '2026-11-25T10:00:00Z', '2026-11-25T10:00:00Z'],
  ['x-ratelimit-reset-tokens', '6m0s', '6m0s'],
  ['www-authenticate', 'Bearer realm="x"', 'Bearer realm="x"'],
  ['access-control-allow-credentials', 'true', 'true'],
  ['content-type', 'text/plain', 'text/plain'],
  ['location', 'https://b/?pwd=hunter&x=1', `https://b/?pwd=${redacted}&x=1`],
  ['location', '/next?session=hunter', `/next?session=${redacted}`],
  ['link', '<https://b/?jwt=hunter&page=2>; rel="next"', `<https://b/?jwt=${redacted}&page=2>; rel="next"`],
  ['refresh', '5; url=https://b/?sas=hunter', `5; url=https://b/?sas=${redacted}`],
])('redactResponse() of %s: %s is %s', (name, value, shown) => {
  expect(redactResponse([[name, value]])).toEqual([[name, shown]])
})
