import type { AwsKeysSource } from '@outbound-auth/resolver'

/** @internal The source of a key: the one that was made for it first. */
export type SourceMemo = (key: unknown, make: () => AwsKeysSource) => AwsKeysSource

/**
 * @internal Makes each source once. The resolver takes two functions for two definitions, so a new one would be another
 * provider, which runs its command anew.
 */
export function sourceMemo(): SourceMemo {
  const sources = new Map<string, AwsKeysSource>()
  return (key, make) => {
    const text = JSON.stringify(key)
    const source = sources.get(text) ?? make()
    sources.set(text, source)
    return source
  }
}
