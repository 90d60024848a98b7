// Prevents the mistake of two readers of built modules: which files a file loads at once, and what each exports.
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'

/**
 * The files that are loaded when these are, by their names in `dist`.
 *
 * @param {string} dist
 * @param {readonly string[]} starts
 */
export function staticClosure(dist, starts) {
  const found = new Set(starts)
  for (const name of found) {
    const { staticImports, staticExports } = parseModule(dist, name)
    const requests = [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...staticExports.flatMap(({ entries }) =>
        entries.map(({ moduleRequest }) => moduleRequest?.value ?? ''),
      ),
    ]
    for (const request of requests) {
      if (request.startsWith('.')) found.add(nameIn(dist, join(dist, dirname(name), request)))
    }
  }
  return [...found]
}

/**
 * The files that others load with `import()`.
 *
 * @param {string} dist
 * @param {readonly string[]} files
 */
export function laterParts(dist, files) {
  return files.flatMap((name) => {
    const text = readFileSync(join(dist, name), 'utf8')
    return parseSync(name, text)
      .module.dynamicImports.map(({ moduleRequest }) =>
        text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      )
      .filter((request) => request.startsWith('.'))
      .map((request) => nameIn(dist, join(dist, dirname(name), request)))
  })
}

/** @param {string} dist @param {string} name */
export function exportsOf(dist, name) {
  return parseModule(dist, name).staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName }) => String(exportName.name)),
  )
}

/** @param {string} dist @param {string} name */
export function parseModule(dist, name) {
  return parseSync(name, readFileSync(join(dist, name), 'utf8')).module
}

/** @param {string} dist @param {string} path */
export function nameIn(dist, path) {
  return relative(dist, resolve(path)).replaceAll('\\', '/')
}
