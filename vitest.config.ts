import { readdirSync } from 'node:fs'
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'
import { cleanEnvironment } from './test/scripts/clean-environment.js'

// Workers inherit it, so this happens before the first one starts.
cleanEnvironment()

// Each package keeps the promise by itself: a well tested one must not make up for another.
const promised = { lines: 95, branches: 95 }
const thresholds = Object.fromEntries(
  readdirSync('packages').map((name) => [`packages/${name}/src/**`, promised]),
)

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['@outbound-auth/source', 'node'] } },
  resolve: { conditions: ['@outbound-auth/source', 'node'] },
  test: {
    // Most tests wait for a server or a process of their own, so that every processor can have a worker.
    maxWorkers: '100%',
    // A test takes less than 5 s by itself; a busy machine may need more, and must not make it fail.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // Other commands run these: see vitest.slow.config.ts.
    exclude: [...configDefaults.exclude, 'test/{clients,cloudflare,fleet,mcp,recipes,slow,workload}/**'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      thresholds,
    },
  },
})

export default config
