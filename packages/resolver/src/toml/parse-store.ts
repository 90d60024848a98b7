import { type Fail, isTable } from './toml-value.js'

/** The databases in which the command keeps a login for many machines, with the keys of each. */
export const storeKeys: Readonly<Record<string, readonly string[]>> = {
  redis: ['url', 'key', 'encryption_keys'],
  postgres: ['url', 'key', 'table', 'encryption_keys'],
}

/** Parses a part of a store; the errors of `fail` begin at the part. */
export type ParsePart = (shape: 'secret' | 'text', value: unknown, key: string, fail: Fail) => unknown

/** Turns `{ redis = { url = { env = "REDIS_URL" }, key = "oa:team-1" } }` into the place of a shared document. */
export function parseStore(value: unknown, key: string, parsePart: ParsePart, fail: Fail): unknown {
  const forms = Object.keys(storeKeys)
    .map((name) => `{ ${name} = { url = …, key = "…" } }`)
    .join(' or ')
  const [name, second] = isTable(value) ? Object.keys(value) : []
  if (!isTable(value) || name === undefined || second !== undefined)
    return fail(second === undefined ? [key] : [key, second], `${key} must be one of ${forms}`)
  const known = Object.hasOwn(storeKeys, name) ? storeKeys[name] : undefined
  if (known === undefined)
    return fail([key, name], `${JSON.stringify(name)} is not a store; ${key} must be one of ${forms}`)
  const { [name]: place } = value
  const label = `${key}.${name}`
  if (!isTable(place)) return fail([key, name], `${label} must be a table with url and key`)
  const other = Object.keys(place).find((part) => !known.includes(part))
  if (other !== undefined) {
    const problem = `${JSON.stringify(other)} is not a key of ${label}; there are ${known.join(', ')}`
    return fail([key, name, other], problem)
  }
  for (const part of ['url', 'key'])
    if (place[part] === undefined) fail([key, name], `${label} needs ${part}`)
  const parsed = (shape: 'secret' | 'text', part: string) =>
    parsePart(shape, place[part], `${label}.${part}`, ([, ...keys], problem) =>
      fail([key, name, part, ...keys], problem),
    )
  return {
    [name]: {
      url: parsed('secret', 'url'),
      key: parsed('text', 'key'),
      ...(place['table'] !== undefined && { table: parsed('text', 'table') }),
      ...(place['encryption_keys'] !== undefined && {
        encryptionKeys: parseKeys(place['encryption_keys'], [key, name, 'encryption_keys'], parsePart, fail),
      }),
    },
  }
}

function parseKeys(value: unknown, path: readonly string[], parsePart: ParsePart, fail: Fail): unknown {
  const label = path.join('.')
  if (!Array.isArray(value) || value.length === 0)
    return fail(path, `${label} must be a list such as [{ env = "OA_KEY" }], the key that encrypts first`)
  return value.map((entry: unknown, index) =>
    parsePart('secret', entry, `${label}[${index}]`, ([, ...keys], problem) =>
      fail([...path, ...keys], problem),
    ),
  )
}
