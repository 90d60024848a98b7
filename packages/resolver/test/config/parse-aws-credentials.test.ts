import { expect, test } from 'vitest'
import { parseAwsCredentials, roleKeys } from '../../src/config/parse-aws-credentials.js'

const fail = (path: readonly string[], problem: string): never => {
  throw new Error(`${path.join('/')}: ${problem}`)
}
/** Shows the shape that each part was parsed with. */
const parse = (value: unknown) =>
  parseAwsCredentials(value, 'k', (shape, part, name) => `${name} as ${shape}: ${part}`, fail)
const forms =
  '"aws", { profile = "NAME" }, { access_key_id, secret_access_key, session_token }, { role_arn, subject_token } or "anonymous"'

test.each<[value: unknown, credentials: unknown]>([
  ['aws', { awsChain: true }],
  ['anonymous', 'anonymous'],
  [{ profile: 'work' }, { awsChain: true, profile: 'work' }],
  [
    { access_key_id: 'a', secret_access_key: 'b' },
    { accessKeyId: 'access_key_id as secret: a', secretAccessKey: 'secret_access_key as secret: b' },
  ],
  [
    { session_token: 'c', secret_access_key: 'b', access_key_id: 'a' },
    {
      accessKeyId: 'access_key_id as secret: a',
      secretAccessKey: 'secret_access_key as secret: b',
      sessionToken: 'session_token as secret: c',
    },
  ],
  [
    Object.fromEntries(Object.keys(roleKeys).map((name) => [name, 'x'])),
    {
      roleArn: 'role_arn as text or variable: x',
      subjectToken: 'subject_token as subject token: x',
      region: 'region as text: x',
      sessionName: 'session_name as text: x',
      lifetimeMs: 'lifetime_ms as milliseconds: x',
      tokenEndpoint: 'token_endpoint as url: x',
      timeoutMs: 'timeout_ms as milliseconds: x',
    },
  ],
])('parseAwsCredentials() makes of %j the credentials %j', (value, credentials) => {
  expect(parse(value)).toStrictEqual(credentials)
})

test.each<[value: unknown, problem: string]>([
  [null, `k: k must be ${forms}`],
  ['AWS', `k: k must be ${forms}`],
  [['aws'], `k: k must be ${forms}`],
  [{}, 'k: k needs access_key_id'],
  [{ access_key_id: 'a' }, 'k: k needs secret_access_key'],
  [{ secret_access_key: 'a' }, 'k: k needs access_key_id'],
  [{ session_token: 'a' }, 'k: k needs access_key_id'],
  [{ access_key: 'a' }, `k/access_key: "access_key" is not a key of k; it is ${forms}`],
  [{ toString: 'a' }, `k/toString: "toString" is not a key of k; it is ${forms}`],
  [{ profile: '' }, 'k/profile: k.profile must be a name'],
  [{ profile: ' ' }, 'k/profile: k.profile must be a name'],
  [{ profile: 7 }, 'k/profile: k.profile must be a name'],
  [{ profile: 'a', access_key_id: 'b' }, 'k/access_key_id: "access_key_id" is not a key of k beside profile'],
  [{ role_arn: 'a' }, 'k: k needs subject_token'],
  [{ subject_token: 'a' }, 'k: k needs role_arn'],
  [
    { role_arn: 'a', subject_token: 'b', profile: 'c' },
    'k/profile: "profile" is not a key of k beside role_arn',
  ],
  [
    { role_arn: 'a', subject_token: 'b', toString: 'c' },
    'k/toString: "toString" is not a key of k beside role_arn',
  ],
])('parseAwsCredentials() rejects %j', (value, problem) => {
  expect(() => parse(value)).toThrow(new Error(problem))
})
