import { type Fail, isTable } from '../toml/toml-value.js'
import type { KeyShape } from './definition-keys.js'
import { propertyOf } from './key-path.js'

const parts = {
  access_key_id: 'accessKeyId',
  secret_access_key: 'secretAccessKey',
  session_token: 'sessionToken',
} as const

/** The shape of a key of a role. */
export type RoleShape = Extract<
  KeyShape,
  'text' | 'text or variable' | 'subject token' | 'milliseconds' | 'url'
>

/** Keys of a role, for which a subject token is exchanged. The role itself may stand in a variable. */
export const roleKeys: Readonly<Record<string, RoleShape>> = {
  role_arn: 'text or variable',
  subject_token: 'subject token',
  region: 'text',
  session_name: 'text',
  lifetime_ms: 'milliseconds',
  token_endpoint: 'url',
  timeout_ms: 'milliseconds',
}

const forms =
  '"aws", { profile = "NAME" }, { access_key_id, secret_access_key, session_token }, { role_arn, subject_token } or "anonymous"'

/**
 * Turns the key `credentials` of kind sigv4 into a property of a definition: the parts of the credentials, a profile, a
 * role, the credentials of the machine (`"aws"`), or no credentials (`"anonymous"`).
 */
export function parseAwsCredentials(
  value: unknown,
  key: string,
  parsePart: (shape: KeyShape, part: unknown, name: string) => unknown,
  fail: Fail,
): unknown {
  if (value === 'anonymous') return value
  if (value === 'aws') return { awsChain: true }
  if (!isTable(value)) return fail([key], `${key} must be ${forms}`)
  if (value['role_arn'] !== undefined || value['subject_token'] !== undefined) {
    for (const name of ['role_arn', 'subject_token'])
      if (value[name] === undefined) fail([key], `${key} needs ${name}`)
    const options = Object.entries(value).map(([name, part]) => {
      const shape = Object.hasOwn(roleKeys, name) ? roleKeys[name] : undefined
      if (shape === undefined)
        return fail([key, name], `${JSON.stringify(name)} is not a key of ${key} beside role_arn`)
      return [propertyOf(name), parsePart(shape, part, name)]
    })
    return Object.fromEntries(options)
  }
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
      secrets[name] === undefined ? [] : [[property, parsePart('secret', secrets[name], name)]],
    ),
  )
}
