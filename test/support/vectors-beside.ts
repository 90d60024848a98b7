import { existsSync, readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../../shared/vectors/', import.meta.url)

/**
 * Reads a JSON file of the test data beside the project. Undefined if a clone has none; a warning says so, because a
 * suite that skips silently looks like a suite that passed.
 */
export function vectorsBeside<T>(path: string): T | undefined {
  const file = new URL(path, folder)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  console.warn(`shared/vectors/${path} is not beside the project: skipped`)
  return undefined
}

/** The names of the files in a folder of that data which begin with `start`; none if a clone has no data. */
export function vectorFilesBeside(path: string, start: string): string[] {
  const wanted = new URL(path, folder)
  if (existsSync(wanted)) return readdirSync(wanted).filter((name) => name.startsWith(start))
  console.warn(`shared/vectors/${path} is not beside the project: skipped`)
  return []
}
