import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** `pnpm test:recipes`: the code of docs/recipes and docs/coming-from with the clients of test/recipes. */
const config: ViteUserConfig = defineConfig({
  test: {
    // Some tests start Jest, Metro or Next.js, which a busy machine makes wait for minutes.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['test/recipes/tests/**/*.test.ts'],
    maxWorkers: 2,
  },
})

export default config
