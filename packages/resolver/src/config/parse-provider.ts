import { bedrockEndpoints } from '../bedrock/bedrock.js'
import type { Fail } from '../toml/toml-value.js'
import type { PathOrigin } from './config-path.js'
import { commonKeys, type KindKeys, kindKeys, loginGrants } from './definition-keys.js'
import { propertyOf } from './key-path.js'
import { type KnownPreset, knownPresets, variableOf } from './known-presets.js'
import { parseValue } from './parse-value.js'

/** A configuration file, besides its text. */
export interface ConfigFile extends PathOrigin {
  readonly name: string
  /** The file lay in the working directory, and `--config` did not name it. */
  readonly isFound: boolean
}

/** The content of a provider's table, without its name. */
export interface ParsedProvider {
  readonly definition: Readonly<Record<string, unknown>>
  readonly allowedOrigins: readonly string[]
  readonly warning: string | undefined
}

type Definition = Record<string, unknown>

/** Reads one `[providers.NAME]`: its keys, their values, and their contradictions. */
export function parseProvider(table: Definition, file: ConfigFile, fail: Fail): ParsedProvider {
  const preset = presetOf(table, fail)
  const kind = kindOf(table, preset, fail)
  const known = kindKeys.get(kind) as KindKeys
  const keys = { ...commonKeys, ...known.keys }
  const given: Definition = {}
  for (const [key, value] of Object.entries(table)) {
    if (!Object.hasOwn(keys, key)) fail([key], unknownKey(key, kind, Object.keys(keys)))
    const shape = keys[key]
    if (shape !== undefined && key !== 'preset') {
      given[propertyOf(key)] = parseValue(shape, value, key, file, fail)
    }
  }
  const definition: Definition = {
    ...known.defaults?.(given),
    ...(preset ? withPreset(given, preset, known, fail) : given),
  }
  definition['kind'] = kind
  checkTogether(definition, kind, known, fail)
  const allowedOrigins = originsOf(definition)
  if (allowedOrigins === undefined)
    return fail([], `base_url is missing: where may the ${kind} credential go?`)
  const { baseUrl } = definition
  if (typeof baseUrl === 'string' && !allowedOrigins.includes(new URL(baseUrl).origin)) {
    fail(['allowed_origins'], 'allowed_origins must have the origin of base_url')
  }
  return {
    definition,
    allowedOrigins,
    warning: file.isFound ? warningOf(definition, allowedOrigins) : undefined,
  }
}

function presetOf(table: Definition, fail: Fail): KnownPreset | undefined {
  if (table['preset'] === undefined) return undefined
  const all = knownPresets()
  const names = all.map(({ name }) => name).join(', ')
  return (
    all.find(({ name }) => name === table['preset']) ?? fail(['preset'], `preset must be one of: ${names}`)
  )
}

function kindOf(table: Definition, preset: KnownPreset | undefined, fail: Fail): string {
  const presetKind = preset?.definition['kind']
  const kind = table['kind'] ?? presetKind
  const names = [...kindKeys.keys()].join(', ')
  if (kind === undefined) return fail([], `kind is missing; it is one of: ${names}. Or name a preset`)
  if (typeof kind !== 'string' || !kindKeys.has(kind)) return fail(['kind'], `kind must be one of: ${names}`)
  if (preset && kind !== presetKind) {
    return fail(['kind'], `kind contradicts preset = "${preset.name}", which is ${presetKind}`)
  }
  return kind
}

function unknownKey(key: string, kind: string, keys: readonly string[]): string {
  const owners = [...kindKeys].filter(([, other]) => Object.hasOwn(other.keys, key)).map(([name]) => name)
  const hint = owners.length > 0 ? ` (it is one of kind ${owners.join(', ')})` : ''
  return `${JSON.stringify(key)} is not a key of kind ${kind}${hint}; there are ${keys.join(', ')}`
}

/**
 * Lays the file's keys over a preset. A preset's variable belongs to the origin of the preset. A file that sends it
 * elsewhere must name the variable, so that a base URL alone can lead no credential away.
 */
function withPreset(given: Definition, preset: KnownPreset, known: KindKeys, fail: Fail): Definition {
  const merged: Definition = { ...preset.definition, ...given }
  const moved = preset.origin !== undefined && originsOf(merged)?.some((origin) => origin !== preset.origin)
  if (moved && known.credential !== undefined && given[propertyOf(known.credential)] === undefined) {
    fail(
      [given['allowedOrigins'] === undefined ? 'base_url' : 'allowed_origins'],
      `preset = "${preset.name}" sends ${preset.variable} to ${preset.origin} only; to send it elsewhere, add ${known.credential} = { env = "${preset.variable}" }`,
    )
  }
  // The token of the preset's own service, issued for this workload, belongs to that service alone.
  if (moved && merged['kind'] === 'workload-identity' && given['subjectToken'] === undefined) {
    fail(
      [given['allowedOrigins'] === undefined ? 'base_url' : 'allowed_origins'],
      `preset = "${preset.name}" sends its token to ${preset.origin} only; to send it elsewhere, add subject_token`,
    )
  }
  if (preset.definition['subjectToken'] && given['tokenEndpoint'] && given['subjectToken'] === undefined) {
    fail(
      ['token_endpoint'],
      `preset = "${preset.name}" exchanges its token at its own service only; to send it elsewhere, add subject_token`,
    )
  }
  const kept = Object.entries(preset.definition['headers'] ?? {}).filter(
    ([, value]) => !moved || variableOf(value) === undefined,
  )
  const added = Object.entries(given['headers'] ?? {})
  const replaced = new Set(added.map(([name]) => name.toLowerCase()))
  const headers = [...kept.filter(([name]) => !replaced.has(name.toLowerCase())), ...added]
  if (headers.length > 0) merged['headers'] = Object.fromEntries(headers)
  else delete merged['headers']
  return merged
}

function checkTogether(
  definition: Definition,
  kind: string,
  { keys, required, credential, header, conflict }: KindKeys,
  fail: Fail,
): void {
  const missing = required.find((key) => definition[propertyOf(key)] === undefined)
  if (missing !== undefined) fail([], `${missing} is missing; kind ${kind} needs it`)
  const problem = conflict?.((key) => {
    if (key === 'query name') return typeof definition['query'] === 'string'
    if (key === 'login') return loginGrants.includes(definition['grant'])
    return definition[propertyOf(key)] !== undefined
  })
  if (problem) fail([problem.key], problem.problem)
  const written = header(definition)
  const credentialHeader = typeof written === 'string' ? written.toLowerCase() : undefined
  for (const name of Object.keys(definition['headers'] ?? {})) {
    if (name.toLowerCase() === credentialHeader)
      fail(['headers', name], `headers.${name} is set by the credential`)
  }
  for (const key of Object.keys(keys)) {
    if (
      keys[key] === 'milliseconds' &&
      definition[propertyOf(key)] !== undefined &&
      credential !== undefined &&
      typeof definition[propertyOf(credential)] === 'string'
    ) {
      fail([key], `${key} has no effect on a literal ${credential}: nothing is fetched`)
    }
  }
}

function originsOf({
  kind,
  allowedOrigins,
  baseUrl,
  endpoint,
  region,
}: Definition): readonly string[] | undefined {
  if (Array.isArray(allowedOrigins)) return allowedOrigins.map((origin) => new URL(String(origin)).origin)
  if (typeof baseUrl === 'string') return [new URL(baseUrl).origin]
  return kind === 'bedrock' ? bedrockOrigins(endpoint, region) : undefined
}

/** Without a region in the file, the environment decides the address later. */
function bedrockOrigins(endpoint: unknown, region: unknown): readonly string[] {
  if (typeof region !== 'string' || !/^[a-z\d-]+$/.test(region)) return []
  const { baseUrl } = bedrockEndpoints[endpoint === 'runtime' ? 'runtime' : 'mantle']
  return [new URL(baseUrl(region)).origin]
}

/**
 * A found file is only as trusted as its folder, so the user is told of a known key that it sends to another service.
 */
function warningOf(definition: Definition, allowedOrigins: readonly string[]): string | undefined {
  const headers = Object.values(definition['headers'] ?? {})
  const variables = [...Object.values(definition), ...headers].map(variableOf)
  for (const { variable, origin } of knownPresets()) {
    const foreign = allowedOrigins.filter((allowed) => allowed !== origin)
    if (
      variable !== undefined &&
      origin !== undefined &&
      foreign.length > 0 &&
      variables.includes(variable)
    ) {
      return `sends ${variable}, the key of ${origin}, to ${foreign.join(', ')}`
    }
  }
  return undefined
}
