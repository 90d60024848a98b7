import type { AwsKeysSource } from '@outbound-auth/resolver'

/** @internal Returns the source that was made first for a key. */
export type SourceMemo = (key: unknown, make: () => AwsKeysSource) => AwsKeysSource

/**
 * @internal Makes each source once. The resolver treats two functions as two definitions, so a new function would make
 * another provider, which runs its command again.
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
