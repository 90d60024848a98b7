import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { cleanEnvironment } from './test/scripts/clean-environment.js'

// Workers inherit it, so this happens before the first one starts.
cleanEnvironment()

/** `pnpm test:fleet`: processes with one login over servers of Redis and PostgreSQL on this machine. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/fleet/tests/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Times are measured, and each test starts many processes.
    fileParallelism: false,
    // The certified server warns at each start.
    silent: 'passed-only',
  },
})

export default config
