import { checkHeaderName } from '@outbound-auth/core/provider'
import { parsePlatform } from '../toml/parse-platform.js'
import { parseStore } from '../toml/parse-store.js'
import { type Fail, isTable } from '../toml/toml-value.js'
import { configPath, type PathOrigin } from './config-path.js'
import { type KeyShape, oauthClientKeys } from './definition-keys.js'
import { propertyOf } from './key-path.js'
import { parseAwsCredentials } from './parse-aws-credentials.js'

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

type Scalar = readonly [accepts: (value: unknown) => boolean, problem: string]

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)

/** Shapes whose values stay as they are, and what is wrong with others. */
const scalars: Partial<Record<KeyShape, Scalar>> = {
  text: [isText, 'must be a string with more than whitespace'],
  boolean: [(value) => typeof value === 'boolean', 'must be true or false'],
  milliseconds: [
    (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value),
    'must be a number of milliseconds, 0 or more',
  ],
  port: [
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 65_536,
    'must be a whole number from 0 to 65535',
  ],
  origins: [
    (value) => Array.isArray(value) && value.every(isOrigin),
    'must be a list of origins such as "https://api.example.com", without a path',
  ],
  'signed headers': [
    (value) => isText(value) || isTexts(value),
    'must be "minimal", "all" or a list of header names',
  ],
  'text or list': [
    (value) => isText(value) || (isTexts(value) && (value as unknown[]).length > 0),
    'must be a string or a list of strings',
  ],
}

/** Turns the value of one key into the property of a definition, or rejects it. No message quotes the value. */
export function parseValue(
  shape: KeyShape,
  value: unknown,
  key: string,
  origin: PathOrigin,
  fail: Fail,
): unknown {
  const scalar = scalars[shape]
  if (scalar) {
    const [accepts, problem] = scalar
    return accepts(value) ? value : fail([key], `${key} ${problem}`)
  }
  switch (shape) {
    case 'text or variable': {
      if (isText(value)) return value
      const isVariable = isTable(value) && isText(value['env']) && Object.keys(value).length === 1
      return isVariable ? { env: value['env'] } : fail([key], `${key} must be a string or { env = "NAME" }`)
    }
    case 'url':
      return (
        parseBaseUrl(value) ??
        fail([key], `${key} must be an absolute http(s) URL without user name, query and fragment`)
      )
    case 'secret':
      return isText(value) ? value : parseReference(value, key, origin, fail)
    case 'subject token':
      return parseSubjectToken(value, key, origin, fail)
    case 'aws credentials':
      return parseAwsCredentials(
        value,
        key,
        (shapeOfPart, part, name) => {
          const nested: Fail = ([, ...keys], problem) => fail([key, name, ...keys], problem)
          return parseValue(shapeOfPart, part, `${key}.${name}`, origin, nested)
        },
        fail,
      )
    case 'store':
      return parseStore(
        value,
        key,
        (partShape, part, name, partFail) => parseValue(partShape, part, name, origin, partFail),
        fail,
      )
    case 'registration':
      return parseRegistration(value, key, origin, fail)
    case 'oauth client':
      return parseOauthClient(value, key, origin, fail)
    case 'headers':
      return parseEntries(value, key, fail, (entry, name) => parseHeader(entry, [key, name], fail))
    case 'query':
      return parseEntries(value, key, fail, (entry, name) =>
        typeof entry === 'string' ? entry : fail([key, name], `${key}.${name} must be a string`),
      )
    default:
      return isText(value) ? value : parseValue('query', value, key, origin, fail)
  }
}

function parseRegistration(value: unknown, key: string, origin: PathOrigin, fail: Fail): unknown {
  const [unknown] = isTable(value) ? Object.keys(value).filter((name) => name !== 'base_url') : [key]
  if (!isTable(value) || unknown !== undefined)
    return fail([key], `${key} must be { base_url = "https://…" }`)
  const nested: Fail = (keys, problem) => fail([key, ...keys], `${key}.${problem}`)
  return { baseUrl: parseValue('url', value['base_url'], 'base_url', origin, nested) }
}

function parseOauthClient(value: unknown, key: string, origin: PathOrigin, fail: Fail): unknown {
  if (!isTable(value))
    return fail([key], `${key} must be a table with issuer or token_endpoint, and client_id`)
  const nested: Fail = (keys, problem) => fail([key, ...keys], `${key}.${problem}`)
  const pairs = Object.entries(value).map(([name, part]) => {
    const partShape = Object.hasOwn(oauthClientKeys, name) ? oauthClientKeys[name] : undefined
    if (partShape === undefined)
      return fail(
        [key, name],
        `${JSON.stringify(name)} is not a key of ${key}; there are ${Object.keys(oauthClientKeys).join(', ')}`,
      )
    return [propertyOf(name), parseValue(partShape, part, name, origin, nested)]
  })
  if (value['client_id'] === undefined) nested([], 'client_id is missing')
  return Object.fromEntries(pairs)
}

function parseBaseUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value) || /[?#]/.test(value)) return undefined
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && username + password === '' ? value : undefined
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:/i.test(value) || !URL.canParse(value)) return false
  const url = new URL(value)
  return url.href === `${url.origin}/` && !url.hostname.includes('*')
}

/** A secret, or the place of a token that a platform issues. */
function parseSubjectToken(value: unknown, key: string, origin: PathOrigin, fail: Fail): unknown {
  return parsePlatform(value, key, fail) ?? parseValue('secret', value, key, origin, fail)
}

/** `{ env }`, `{ file }` or `{ command }`; relative paths start at the folder of the configuration file. */
function parseReference(value: unknown, key: string, origin: PathOrigin, fail: Fail): unknown {
  const forms = '{ env = "NAME" }, { file = "path" } or { command = ["program", "argument"] }'
  const types = isTable(value) ? ['env', 'file', 'command'].filter((type) => Object.hasOwn(value, type)) : []
  const [type, second] = types
  if (!isTable(value) || type === undefined || second !== undefined) {
    return fail([key], `${key} must be the secret itself or one of ${forms}`)
  }
  for (const name of Object.keys(value)) {
    const isKnown =
      name === type || (type === 'command' && /^(cwd|timeout_ms|refresh_interval_ms)$/.test(name))
    if (!isKnown) fail([key, name], `${JSON.stringify(name)} is not a key of ${key} beside ${type}`)
  }
  if (type !== 'command') {
    const target = value[type]
    if (!isText(target)) return fail([key, type], `${key}.${type} must be a string with more than whitespace`)
    return type === 'env' ? { env: target } : { file: configPath(target, origin) }
  }
  const { command, cwd = '.', timeout_ms: timeoutMs, refresh_interval_ms: refreshIntervalMs } = value
  if (!Array.isArray(command) || !isText(command[0]) || !command.every((part) => typeof part === 'string')) {
    return fail([key, type], `${key}.command must be a list of strings, the program first; no shell reads it`)
  }
  const nested: Fail = (keys, problem) => fail([key, ...keys], `${key}.${problem}`)
  if (timeoutMs === 0) nested(['timeout_ms'], 'timeout_ms must be more than 0')
  return {
    command,
    cwd: configPath(String(parseValue('text', cwd, 'cwd', origin, nested)), origin),
    ...(timeoutMs !== undefined && {
      timeoutMs: parseValue('milliseconds', timeoutMs, 'timeout_ms', origin, nested),
    }),
    ...(refreshIntervalMs !== undefined && {
      refreshIntervalMs: parseValue('milliseconds', refreshIntervalMs, 'refresh_interval_ms', origin, nested),
    }),
  }
}

function parseEntries(
  value: unknown,
  key: string,
  fail: Fail,
  parse: (entry: unknown, name: string) => unknown,
): Record<string, unknown> {
  if (!isTable(value)) return fail([key], `${key} must be a table`)
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, parse(entry, name)]))
}

function parseHeader(value: unknown, path: readonly string[], fail: Fail): unknown {
  const name = path.join('.')
  const problem = nameProblem(path.at(-1) ?? '')
  if (problem !== undefined) fail(path, `${path[0]}: ${problem}`)
  if (typeof value === 'string') return value
  if (!isTable(value) || !isText(value['env'])) {
    return fail(path, `${name} must be a string or { env = "NAME" }, perhaps with optional = true`)
  }
  const { env, optional, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) fail([...path, unknown], `${JSON.stringify(unknown)} is not a key of ${name}`)
  if (optional !== undefined && typeof optional !== 'boolean') {
    fail([...path, 'optional'], `${name}.optional must be true or false`)
  }
  return optional === undefined ? { env } : { env, optional }
}

/** The words of core, which does not show a name that may hold a value. */
function nameProblem(name: string): string | undefined {
  try {
    checkHeaderName(name)
    return undefined
  } catch (error) {
    return (error as TypeError).message
  }
}
