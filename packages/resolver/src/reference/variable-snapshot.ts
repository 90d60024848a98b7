import type { SecretHost } from '../definition/secret-reference.js'

/** @internal The environment variables that an opening of a definition has read, as they were at that moment. */
export interface VariableSnapshot {
  /** The trimmed value of a variable; undefined when the variable is unset or blank. */
  get(name: string): string | undefined
  /** Whether no variable was read. */
  isEmpty(): boolean
  /** Whether every variable that was read still has the same value. */
  isCurrent(): boolean
}

/** @internal */
export function variableSnapshot(host: Pick<SecretHost, 'env'>): VariableSnapshot {
  const values = new Map<string, string | undefined>()
  const read = (name: string) => {
    const variables = host.env ?? globalThis.process?.env ?? {}
    return (Object.hasOwn(variables, name) && variables[name]?.trim()) || undefined
  }
  return {
    get(name) {
      if (!values.has(name)) values.set(name, read(name))
      return values.get(name)
    },
    isEmpty: () => values.size === 0,
    isCurrent() {
      for (const [name, value] of values) if (read(name) !== value) return false
      return true
    },
  }
}
