import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** What takes longer than a unit test may, or needs a server: each command names the files that it means. */
const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['@outbound-auth/source', 'node'] } },
  resolve: { conditions: ['@outbound-auth/source', 'node'] },
  test: {
    include: ['test/slow/*.test.ts'],
    testTimeout: 30_000,
  },
})

export default config
