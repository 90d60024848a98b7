import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { cleanEnvironment } from './test/scripts/clean-environment.js'

// Workers inherit it, so this happens before the first one starts.
cleanEnvironment()

/** Tests that take longer than a unit test may, or need a server. Each command names the files that it means. */
const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['@outbound-auth/source', 'node'] } },
  resolve: { conditions: ['@outbound-auth/source', 'node'] },
  test: {
    include: [
      'test/slow/**/*.test.ts',
      'test/cloudflare/*.test.ts',
      'packages/sigv4/test/peers/differential.test.ts',
      'packages/agent-identity/test/registration/open-sealed-task-id.test.ts',
    ],
    env: { DIFFERENTIAL_RUNS: '20500', SEALED_BOXES: '1000', MUTATION_ROUNDS: '21' },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
})

export default config
