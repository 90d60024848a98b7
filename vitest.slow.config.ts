import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** What takes longer than a unit test may, or needs a server: each command names the files that it means. */
const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['@outbound-auth/source', 'node'] } },
  resolve: { conditions: ['@outbound-auth/source', 'node'] },
  test: {
    include: ['test/slow/*.test.ts', 'packages/sigv4/test/differential.test.ts'],
    env: { DIFFERENTIAL_RUNS: '20500' },
    testTimeout: 30_000,
  },
})

export default config
