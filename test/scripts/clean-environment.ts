import { childEnvironment } from '../../scripts/child-environment.mjs'

/** Variables that set up the tests themselves. */
const settings =
  /^(?:VITEST\w*|VITE_\w+|MODE|DIFFERENTIAL_\w+|SEALED_BOXES|MUTATION_ROUNDS|S3_\w+|FLEET_FIGURES)$/

/**
 * Takes everything out of this process's environment that the allow-list of `childEnvironment()` does not name, so
 * that tests, and the processes that they start, see the same on every machine: no `FORCE_COLOR`, `NODE_OPTIONS`,
 * `AWS_PROFILE` or `CODEX_HOME`.
 */
export function cleanEnvironment(): void {
  const kept = childEnvironment({ NODE_ENV: 'test' })
  for (const name of Object.keys(process.env)) {
    if (!(name in kept) && !settings.test(name)) delete process.env[name]
  }
  Object.assign(process.env, kept)
}
