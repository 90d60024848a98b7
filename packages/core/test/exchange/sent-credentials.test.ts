import { expect, it } from 'vitest'
import { sentCredentials } from '../../src/exchange/index.js'
import { type AuthBinding, type AuthProvider, combineAuth, createHeaderMap } from '../../src/index.js'

const declaring = (headerNames: readonly string[], queryNames?: readonly string[]): AuthProvider => ({
  kind: 'header',
  headerNames,
  ...(queryNames && { queryNames }),
  addAuthHeaders() {},
})

/** The credentials of a request with these headers, in order. */
function sent(
  headers: Readonly<Record<string, string>>,
  provider = declaring(Object.keys(headers)),
  binding?: Partial<AuthBinding>,
  url = 'https://a.example/',
): string[] {
  return [...sentCredentials({ url, headers: createHeaderMap(headers) }, provider, binding)].sort()
}

const proving =
  'signature=signature1, Response=response-1;mytoken=token-12 x-secret=secret-1,password_=password-1,apiKey=api-key-1'

it.each<[string, string[]]>([
  ['Bearer t', ['t']],
  ['Bearer \tt ', ['t']],
  ['planted-token', []],
  ['Basic dXNlcjpwYXNz', ['dXNlcjpwYXNz', 'user:pass', 'pass']],
  ['bAsIc dXNlcjpwYTpzcw', ['dXNlcjpwYTpzcw', 'user:pa:ss', 'pa:ss']],
  ['Basic dXNlcg==', ['dXNlcg==', 'user']],
  ['Basic a2V5Og==', ['a2V5Og==', 'key:', 'key']],
  ['Basic not*base64', ['not*base64']],
  ['XBasic dXNlcjpwYXNz', ['dXNlcjpwYXNz']],
  ['BasicX dXNlcjpwYXNz', ['dXNlcjpwYXNz']],
  ['dXNlcjpwYXNz=', []],
  ['dXNlcjpwYXNz==', []],
  ['dXNlcjpwYXNz===', []],
  ['=dXNlcjpwYXNz', ['dXNlcjpwYXNz']],
  ['Token k="v"', ['k="v"', 'v']],
  ['Token k=v=w', ['k=v=w', 'v=w']],
  ['Token k=v, next', ['k=v, next', 'v']],
  ['a=b', ['b']],
  ['a=b; HttpOnly', ['b']],
  ['a=b c', ['b']],
  ['a=my c', ['my']],
  ['a=b; c=d', []],
  ['a=1234567; b=12345678', ['12345678']],
  ['a=12345678,b=87654321 c="abcdefgh"', ['12345678', '87654321', 'abcdefgh']],
  [
    `X-1 ${proving}`,
    [proving, 'signature1', 'response-1', 'token-12', 'secret-1', 'password-1', 'api-key-1'],
  ],
  ['X-1 signature=1234567, user=somebody', ['signature=1234567, user=somebody']],
  ['X-1 signatures=signature1, xresponse=response-1', ['signatures=signature1, xresponse=response-1']],
])('sentCredentials() takes %j apart', (value, pieces) => {
  expect(sent({ 'x-first': value })).toEqual([...new Set([value.trim(), ...pieces])].sort())
})

it('sentCredentials() leaves out short values beside the credential, but not those with the name of a secret', () => {
  const headers = {
    'x-first': 'f',
    'x-short': '1234567',
    'x-long': '12345678',
    'x-token': 't',
    'x-empty': '',
  }
  expect(sent(headers)).toEqual(['12345678', 'f', 't'])
  const first = declaring(['x-first'])
  const second = declaring(['x-short', 'x-long'])
  expect(sent(headers, combineAuth(first, second))).toEqual(['1234567', '12345678', 'f'])
})

it('sentCredentials() leaves out dates and the hash of the body that a signer sets', () => {
  const open = { date: 'planted-1', 'x-amz-date': 'planted-2', 'x-amz-content-sha256': 'planted-3' }
  const secret = { 'x-date-token': 'planted-4', 'x-content-sha256-key': 'planted-5' }
  expect(sent({ 'x-first': 'f', ...open, ...secret })).toEqual(['f', 'planted-4', 'planted-5'])
})

it('sentCredentials() names what a caller or a binding has set, also where the provider declares nothing', () => {
  const headers = {
    authorization: 'a',
    'x-api-key': 'b',
    'api-key': 'c',
    'x-goog-api-key': 'd',
    'x-env': 'e',
    'x-app-token': 'f',
    'x-team': 'g',
  }
  const none = declaring([])
  expect(sent(headers, none)).toEqual(['a', 'b', 'c', 'd'])
  const binding = { headers: createHeaderMap(headers), secretHeaderNames: ['x-env', 'x-none'] }
  expect(sent(headers, none, binding)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
})

it('sentCredentials() names the parameters of the provider, and those of a binding with the name of a secret', () => {
  const url = 'https://a.example/?api%20key=a&key=b&v=c&empty=&token=d'
  const provider = declaring([], ['api key', 'missing', 'empty'])
  expect(sent({}, provider, {}, url)).toEqual(['a'])
  expect(sent({}, provider, { query: { key: 'b', v: 'c', auth: 'x' } }, url)).toEqual(['a', 'b'])
  expect(sent({}, declaring([]), {}, url)).toEqual([])
})
