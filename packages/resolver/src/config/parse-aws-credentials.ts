import { type Fail, isTable } from '../toml/toml-value.js'

const parts = {
  access_key_id: 'accessKeyId',
  secret_access_key: 'secretAccessKey',
  session_token: 'sessionToken',
} as const

/**
 * Turns the key `credentials` of kind sigv4 into a property of a definition: the parts of the credentials, a profile,
 * the credentials of the machine (`"aws"`), or no credentials (`"anonymous"`).
 */
export function parseAwsCredentials(
  value: unknown,
  key: string,
  parseSecret: (part: unknown, name: string) => unknown,
  fail: Fail,
): unknown {
  if (value === 'anonymous') return value
  if (value === 'aws') return { awsChain: true }
  const forms =
    '"aws", { profile = "NAME" }, { access_key_id, secret_access_key, session_token } or "anonymous"'
  if (!isTable(value)) return fail([key], `${key} must be ${forms}`)
  const { profile, ...secrets } = value
  if (profile !== undefined) {
    const [other] = Object.keys(secrets)
    if (other !== undefined)
      fail([key, other], `${JSON.stringify(other)} is not a key of ${key} beside profile`)
    if (typeof profile !== 'string' || profile.trim() === '')
      fail([key, 'profile'], `${key}.profile must be a name`)
    return { awsChain: true, profile }
  }
  for (const name of Object.keys(secrets)) {
    if (!Object.hasOwn(parts, name))
      fail([key, name], `${JSON.stringify(name)} is not a key of ${key}; it is ${forms}`)
  }
  for (const name of ['access_key_id', 'secret_access_key']) {
    if (secrets[name] === undefined) fail([key], `${key} needs ${name}`)
  }
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, property]) =>
      secrets[name] === undefined ? [] : [[property, parseSecret(secrets[name], name)]],
    ),
  )
}
