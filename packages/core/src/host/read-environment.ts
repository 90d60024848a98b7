/** Environment variables, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads one environment variable, trimmed. Returns undefined when the variable is unset or blank: an empty secret in a
 * CI system counts as absent.
 *
 * A property that the object inherits is not a variable. Call it at request time, since a provider reads nothing when
 * it is made.
 *
 * @param environment where to look. A runtime without `process.env` has no variables
 * @default process.env, as it is at the time of the call
 * @example
 * const key = readEnvironment('OPENAI_API_KEY', options.env)
 */
export function readEnvironment(name: string, environment?: Environment | undefined): string | undefined {
  const variables = environment ?? globalThis.process?.env ?? {}
  return (Object.hasOwn(variables, name) && variables[name]?.trim()) || undefined
}
