import { AuthError } from '@outbound-auth/core'
import { parse, TomlError } from 'smol-toml'
import { definitionPath } from '../definition/definition-path.js'
import { locateKeys } from '../toml/locate-keys.js'
import { type Fail, isTable } from '../toml/toml-value.js'
import { keyPath, keysOf } from './key-path.js'
import { knownPresets } from './known-presets.js'
import { type ConfigFile, parseProvider } from './parse-provider.js'

/** Names the place of an error's cause, in words that a colon may follow: file, line and key. */
export type Locate = (error: Error) => string

/** One `[providers.NAME]` of a file. */
export interface ConfiguredProvider {
  readonly name: string
  /** Its table as it would be written: `[providers."my gateway"]`. */
  readonly label: string
  /** File and line of its table: `outbound-auth.toml:3`. */
  readonly place: string
  /** File, line and key that a later error is about: the key that it names, else the whole table. */
  readonly locate: Locate
  /** The definition for the resolver. */
  readonly definition: Readonly<Record<string, unknown>>
  readonly allowedOrigins: readonly string[]
  /** A sentence about a known key that the provider sends elsewhere, if the file was found and not named. */
  readonly warning: string | undefined
}

/** A configuration file. */
export interface Config {
  /** Its name as messages show it. */
  readonly file: string
  readonly defaultProvider: string | undefined
  readonly providers: ReadonlyMap<string, ConfiguredProvider>
}

/**
 * Reads a configuration file. Every key must be known, have the right shape, and not contradict another key.
 *
 * @throws AuthError `ERR_AUTH_CONFIG` (build) with file, line and key; a value is never shown
 */
export function parseConfig(text: string, file: ConfigFile): Config {
  const root = parseToml(text, file.name)
  const lineOf = locateKeys(text)
  const failAt =
    (path: readonly string[]): Fail =>
    (keys, problem) => {
      throw configError(`${file.name}:${lineOf([...path, ...keys])}: ${problem}`)
    }
  const fail = failAt([])
  for (const key of Object.keys(root)) {
    if (key !== 'providers' && key !== 'default_provider') {
      fail([key], `${JSON.stringify(key)} is not a key here; there are default_provider and [providers.NAME]`)
    }
  }
  const { providers: tables = {}, default_provider: defaultProvider } = root
  if (!isTable(tables)) return fail(['providers'], 'providers must be tables: [providers.NAME]')
  const presetNames = new Set(knownPresets().map((preset) => preset.name))
  const providers = new Map<string, ConfiguredProvider>()
  for (const [name, table] of Object.entries(tables)) {
    const path = ['providers', name]
    if (!isTable(table) || name.trim() === '')
      fail(path, 'a provider is a table with a name: [providers.NAME]')
    else if (file.isFound && presetNames.has(name))
      fail(
        path,
        `${name} is the name of a preset, which a found file cannot replace: rename the provider, or name the file with --config`,
      )
    else {
      const parsed = parseProvider(table, file, failAt(path))
      const locate: Locate = (error) => {
        const keys = [...path, ...keysOf(definitionPath(error) ?? [], table)]
        return `${file.name}:${lineOf(keys)}: ${keyPath(keys)}`
      }
      const label = `[${keyPath(path)}]`
      providers.set(name, { name, label, place: `${file.name}:${lineOf(path)}`, locate, ...parsed })
    }
  }
  if (
    defaultProvider !== undefined &&
    (typeof defaultProvider !== 'string' || !providers.has(defaultProvider))
  ) {
    fail(
      ['default_provider'],
      `default_provider must be one of: ${[...providers.keys()].join(', ') || '(none)'}`,
    )
  }
  return { file: file.name, defaultProvider: defaultProvider as string | undefined, providers }
}

/** The parser's message shows the lines around the error, which may hold a secret, so only its first line is used. */
function parseToml(text: string, name: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [, said = ''] = /^Invalid TOML document: ([a-z ,.:-]+)\n/i.exec(error.message) ?? []
    throw configError(
      `${name}:${error.line}: not valid TOML${said && `: ${said}`} (column ${error.column}). Correct the line`,
    )
  }
}

/** The configuration file is wrong, or cannot be read. */
export function configError(message: string): AuthError {
  return AuthError.build(message, { code: 'ERR_AUTH_CONFIG' })
}
