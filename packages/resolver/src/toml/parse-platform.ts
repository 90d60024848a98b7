import { type Fail, isTable } from './toml-value.js'

/** The tokens of platforms, with their keys; the first key of each is required. */
export const platformKeys: Readonly<Record<string, readonly [required: string, ...optional: string[]]>> = {
  github_actions: ['audience'],
  gcp_metadata: ['audience', 'service_account'],
  azure_imds: ['resource', 'client_id'],
}

/**
 * Turns the place of a token that a platform issues into a reference: `{ github_actions = { audience = "…" } }`.
 * Undefined when the value is no such place.
 */
export function parsePlatform(value: unknown, key: string, fail: Fail): unknown {
  if (!isTable(value)) return undefined
  const platform = Object.keys(platformKeys).find((name) => Object.hasOwn(value, name))
  const known = platform === undefined ? undefined : platformKeys[platform]
  if (platform === undefined || known === undefined) return undefined
  const other = Object.keys(value).find((name) => name !== platform)
  if (other !== undefined)
    fail([key, other], `${JSON.stringify(other)} is not a key of ${key} beside ${platform}`)
  const { [platform]: given } = value
  const place = `${key}.${platform}`
  if (!isTable(given)) return fail([key, platform], `${place} must be a table: { ${known[0]} = "…" }`)
  for (const [name, text] of Object.entries(given)) {
    if (!known.includes(name))
      fail(
        [key, platform, name],
        `${JSON.stringify(name)} is not a key of ${place}; it has ${known.join(', ')}`,
      )
    if (typeof text !== 'string' || text.trim() === '')
      fail([key, platform, name], `${place}.${name} must be a string with more than whitespace`)
  }
  if (given[known[0]] === undefined) fail([key, platform], `${place} needs ${known[0]}`)
  const options = Object.entries(given).map(([name, text]) => [camelCase(name), text])
  return { [camelCase(platform)]: Object.fromEntries(options) }
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
