import { type KeyLocator, locateKeys } from './locate-keys.js'

/** @internal Where keys stand in a configuration, for messages. */
export interface ConfigPlaces {
  /** `config.toml:7` */
  at(path: readonly string[]): string
  warn(path: readonly string[], problem: string): void
  readonly warnings: readonly string[]
}

/** @internal Lines are looked for only when a message needs one. */
export function configPlaces(file: string, text: string): ConfigPlaces {
  let locate: KeyLocator | undefined
  const warnings: string[] = []
  const at = (path: readonly string[]) => {
    locate ??= locateKeys(text)
    return `${file}:${locate(path)}`
  }
  return { at, warn: (path, problem) => void warnings.push(`${at(path)}: ${problem}`), warnings }
}
