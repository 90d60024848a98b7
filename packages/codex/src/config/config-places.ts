import { type KeyLocator, locateKeys } from '@outbound-auth/resolver/locate-keys'
import { type ConfigLayer, depthIn } from './config-layers.js'

/** @internal The places of keys in a configuration, for messages. */
export interface ConfigPlaces {
  /** `config.toml:7`. Of several files, the uppermost one that has the key, or most of its path. */
  at(path: readonly string[]): string
  warn(path: readonly string[], problem: string): void
  readonly warnings: readonly string[]
}

/** @internal Lines are counted only for a message. @param layers at least one, the lowest first */
export function configPlaces(layers: readonly ConfigLayer[]): ConfigPlaces {
  const locators = new Map<ConfigLayer, KeyLocator>()
  const warnings: string[] = []
  const at = (path: readonly string[]) => {
    const layer = layers.reduce((best, next) => (depthIn(next, path) >= depthIn(best, path) ? next : best))
    const locate = locators.get(layer) ?? locateKeys(layer.text)
    locators.set(layer, locate)
    return `${layer.file}:${locate(path)}`
  }
  return { at, warn: (path, problem) => void warnings.push(`${at(path)}: ${problem}`), warnings }
}
