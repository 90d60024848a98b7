import { existsSync, readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../../../../shared/vectors/', import.meta.url)

/**
 * Test data that lies beside the project, not in it: parsed, or undefined where a clone stands alone. Says so then,
 * since a suite that skips in silence looks like one that passed.
 */
export function vectorsBeside<T>(path: string): T | undefined {
  const file = new URL(path, folder)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  console.warn(`shared/vectors/${path} is not beside the project: skipped`)
  return undefined
}

/** Files of one folder of that data, by the start of their names; none where a clone stands alone. */
export function vectorFilesBeside(path: string, start: string): string[] {
  const wanted = new URL(path, folder)
  if (existsSync(wanted)) return readdirSync(wanted).filter((name) => name.startsWith(start))
  console.warn(`shared/vectors/${path} is not beside the project: skipped`)
  return []
}
