import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { expect, it } from 'vitest'
import { readmeBlocks } from '../../docs/readme-blocks.js'
import { runProgram } from '../support/engine-process.js'
import { hasRedis, startRedis } from '../support/redis-engine.js'

it.skipIf(!hasRedis)(
  'the first sample of the README writes an encrypted document to Redis, and reads it',
  async () => {
    const redis = await startRedis()
    const readme = fileURLToPath(new URL('../../../packages/shared-store/README.md', import.meta.url))
    const sample = readmeBlocks(readFileSync(readme, 'utf8')).find(({ language }) => language === 'ts')
    const printed = `${sample?.text}\nconsole.log(JSON.stringify(document))\nclient.destroy()\n`
    const { code } = transformSync(printed, { loader: 'ts', format: 'esm', target: 'es2022' })
    // Inside the workspace, where the client of the sample is installed.
    const folder = fileURLToPath(new URL('../node_modules/.cache', import.meta.url))
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/readme.mjs`, code)
    const environment = {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      OA_KEY: Buffer.alloc(32, 7).toString('base64'),
    }
    expect(runProgram(process.execPath, [`${folder}/readme.mjs`], { environment })).toBe(
      '{"refreshToken":"secret-1"}',
    )
    expect(redis.command('GET', 'oa:codex:team-1')).toMatch(/^oa1:(?!.*secret-1)/)
  },
)
