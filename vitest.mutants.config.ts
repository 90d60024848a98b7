import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { cleanEnvironment } from './test/scripts/clean-environment.js'

cleanEnvironment()

/** The tests of the one package whose sources `pnpm test:mutants` changes. */
const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['@outbound-auth/source', 'node'] } },
  resolve: { conditions: ['@outbound-auth/source', 'node'] },
  test: {
    include: [`packages/${process.env['VITEST_MUTANTS_OF']}/test/**/*.test.ts`],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
})

export default config
