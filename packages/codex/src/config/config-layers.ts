import { resolve } from 'node:path'
import { parse, TomlError, type TomlTable } from 'smol-toml'
import { configError } from '../lib/codex-error.js'

/** @internal One file of a configuration. */
export interface ConfigLayer {
  /** The file's name for messages: `config.toml`, `work.config.toml`, `/etc/codex/config.toml`. */
  readonly file: string
  readonly text: string
  readonly document: TomlTable
}

/**
 * @internal Reads one file's text.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build), with file and line, and without any value of the file
 */
export function parseLayer(text: string, file: string): ConfigLayer {
  let document: TomlTable
  try {
    // An integer of TOML has 64 bits, which a number of JavaScript cannot hold; and 1.0 is not an integer.
    document = parse(text, { integersAsBigInt: true })
  } catch (error) {
    // The parser's own message quotes the line, which may hold a token.
    if (error instanceof TomlError) throw configError(`${file}:${error.line}`, 'this is not valid TOML')
    throw error
  }
  if (hasLongerInteger(document))
    throw configError(file, 'this is not valid TOML: an integer has more than 64 bits')
  return { file, text, document }
}

/**
 * @internal Makes the working directories of a layer's commands absolute. The home's layers keep relative ones.
 */
export function absoluteFolders(layer: ConfigLayer, folder: string): ConfigLayer {
  const visit = (table: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const visited: Record<string, unknown> = Object.assign(emptyTable(), table)
    for (const [name, value] of Object.entries(visited)) {
      if (isTable(value)) visited[name] = visit(value)
      if (name === 'cwd' && typeof value === 'string' && !value.startsWith('~')) {
        visited[name] = resolve(folder, value)
      }
    }
    return visited
  }
  const { model_providers: providers } = layer.document
  if (!isTable(providers)) return layer
  return { ...layer, document: { ...layer.document, model_providers: visit(providers) as TomlTable } }
}

/** @internal Merges the layers: a table is merged with the table below it, any other value replaces the value below. */
export function mergeLayers(layers: readonly ConfigLayer[]): Record<string, unknown> {
  return layers.reduce((below, { document }) => overlay(below, document), emptyTable())
}

/** @internal The number of a path's keys that a layer has. */
export function depthIn({ document }: ConfigLayer, path: readonly string[]): number {
  let table: unknown = document
  for (const [index, name] of path.entries()) {
    if (!isTable(table) || !Object.hasOwn(table, name)) return index
    table = table[name]
  }
  return path.length
}

/** @internal Whether a value is a table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function overlay(
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = Object.assign(emptyTable(), below)
  for (const [name, value] of Object.entries(above)) {
    const covered = merged[name]
    merged[name] = isTable(covered) && isTable(value) ? overlay(covered, value) : value
  }
  return merged
}

/** A table without a prototype, so that a key may have any name. */
function emptyTable(): Record<string, unknown> {
  return Object.create(null)
}

function hasLongerInteger(value: unknown): boolean {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) !== value
  if (Array.isArray(value)) return value.some(hasLongerInteger)
  return isTable(value) && Object.values(value).some(hasLongerInteger)
}
