// Prevents the mistake of publishing types that nobody can import: `exports` closes every path but the entries.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/**
 * Finds the declaration files that entries reach, these included.
 *
 * @param {readonly string[]} entries absolute paths of `.d.ts` files
 * @returns {Set<string>}
 */
export function reachedDeclarations(entries) {
  const reached = new Set(entries)
  for (const file of reached) {
    for (const specifier of importedFrom(file)) {
      if (specifier.startsWith('.')) reached.add(resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts')))
    }
  }
  return reached
}

/** @param {string} file @returns {string[]} */
function importedFrom(file) {
  /** @type {string[]} */
  const found = []
  const note = (/** @type {{ source?: { value: unknown } | null }} */ { source }) => {
    if (source) found.push(String(source.value))
  }
  const { program } = parseSync(file, readFileSync(file, 'utf8'))
  new Visitor({
    ImportDeclaration: note,
    ExportNamedDeclaration: note,
    ExportAllDeclaration: note,
    TSImportType: note,
  }).visit(program)
  return found
}
