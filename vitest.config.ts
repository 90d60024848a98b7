import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['@outbound-auth/source', 'node'] } },
  resolve: { conditions: ['@outbound-auth/source', 'node'] },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/*.test.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
})

export default config
