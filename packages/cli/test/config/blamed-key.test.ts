import { expect, test } from 'vitest'
import { blamedKey } from '../../src/config/blamed-key.js'

const sigV4 = {
  kind: 'sigv4',
  service: 's 3',
  region: 'eu',
  credentials: { access_key_id: 'a', secret_access_key: 'b', session_token: 'c' },
  session_token: 'x',
  content_sha256_header: true,
  headers: { 'X-Amz-Date': '1' },
  query: { v: '1' },
}
const apiKey = { kind: 'api-key', key: 'SECRET', header: 'x api key', prefix: 'Token\n' }
const bearer = { kind: 'bearer', token: { command: ['x'], timeout_ms: 5 }, base_url: 'https://a.example' }
const agent = { private_key: 'x', task_id: 't', id_characters: 'printable', registration: { base_url: 'x' } }

const messages: readonly [table: Record<string, unknown>, message: string, path: string | undefined][] = [
  [sigV4, 'Cannot sign request: service is empty or malformed', 'service'],
  [sigV4, "sessionToken must be 'signed'; the token itself belongs in credentials", 'session_token'],
  [sigV4, 'sessionToken of the AWS credentials is empty', 'credentials.session_token'],
  [sigV4, 'Cannot resolve sigv4: credentials.accessKeyId: X is unset', 'credentials.access_key_id'],
  [sigV4, 'Cannot bind the sigv4 credential: header x-amz-date is set', 'headers.X-Amz-Date'],
  [sigV4, 'Cannot bind the sigv4 credential: query v is set', 'query.v'],
  [sigV4, 'It found no credentials', 'credentials'],
  [sigV4, 'It must be true or false', undefined],
  [apiKey, 'Not a header name: "x api key"', 'header'],
  [apiKey, 'Cannot set header x-other: the value has a line break', 'prefix'],
  [apiKey, 'Cannot set header for the api-key credential: the value has a line break', 'key'],
  [apiKey, 'The api-key credential is empty', 'key'],
  [bearer, 'Cannot resolve bearer: token: environment variable X is unset or blank; set it', 'token'],
  [bearer, 'timeoutMs of a command must be less', 'token.timeout_ms'],
  [bearer, 'Cannot bind: baseUrl must be an http(s) URL', 'base_url'],
  [bearer, 'The bearer credential has a blank inside', 'token'],
  [bearer, 'A tokenizer, or a token-like thing', undefined],
  [agent, "Cannot read the agent's private key: it is not base64", 'private_key'],
  [agent, 'taskId has other characters than idCharacters allows', 'task_id'],
  [agent, 'registration.baseUrl must be https', 'registration.base_url'],
  [{ preset: 'openai' }, 'token: environment variable OPENAI_API_KEY is unset', undefined],
]

test.each(messages)('blamedKey() of %j for %j is %s', (table, message, path) => {
  expect(blamedKey(message, table)?.join('.')).toBe(path)
})
