import { expect, test } from 'vitest'
import { runCli } from './run-cli.js'

test('demo verifies every provider', async () => {
  const { code, out, err } = await runCli(['demo'])
  console.log(out, err)
  expect(code).toBe(0)
})
