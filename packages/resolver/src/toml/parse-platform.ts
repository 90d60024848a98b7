import { type Fail, isTable } from './toml-value.js'

/** The keys of one platform. */
interface PlatformKeys {
  readonly keys: readonly string[]
  readonly required: readonly string[]
}

/** The tokens of platforms, with their keys. */
export const platformKeys: Readonly<Record<string, PlatformKeys>> = {
  github_actions: { keys: ['audience'], required: ['audience'] },
  // Without an audience it is an access token.
  gcp_metadata: { keys: ['audience', 'service_account'], required: [] },
  azure_imds: { keys: ['resource', 'client_id'], required: ['resource'] },
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
  if (!isTable(given)) return fail([key, platform], `${place} must be a table: { ${known.keys[0]} = "…" }`)
  for (const [name, text] of Object.entries(given)) {
    if (!known.keys.includes(name))
      fail(
        [key, platform, name],
        `${JSON.stringify(name)} is not a key of ${place}; it has ${known.keys.join(', ')}`,
      )
    if (typeof text !== 'string' || text.trim() === '')
      fail([key, platform, name], `${place}.${name} must be a string with more than whitespace`)
  }
  for (const name of known.required)
    if (given[name] === undefined) fail([key, platform], `${place} needs ${name}`)
  const options = Object.entries(given).map(([name, text]) => [camelCase(name), text])
  return { [camelCase(platform)]: Object.fromEntries(options) }
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
