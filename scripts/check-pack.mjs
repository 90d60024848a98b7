// Prevents the mistake that tests of the sources cannot see: a package that works in its workspace and breaks at its
// users. Checks the tarballs as strangers and as downstream teams use them, and what the next releases would move.
// Needs a build, git, tar, npm, and pnpm on the PATH (`pnpm check-pack`).
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkConsumer } from './check-pack/check-consumer.mjs'
import { checkDownstream } from './check-pack/check-downstream.mjs'
import { checkInstalledSize } from './check-pack/check-installed-size.mjs'
import { checkWorkspaceCopy } from './check-pack/check-workspace-copy.mjs'
import { packAll } from './check-pack/pack-all.mjs'
import { withScratch } from './check-pack/scratch.mjs'

await withScratch(async (scratch) => {
  const folder = (/** @type {string} */ name) => {
    mkdirSync(join(scratch, name))
    return join(scratch, name)
  }
  const packed = await packAll(folder('tarballs'))
  console.log(
    `${packed.length} tarballs hold dist, the manifest, the README and the licence, and nothing else`,
  )
  const checks = [
    () => checkInstalledSize(packed, folder('unpacked')),
    () => checkConsumer(packed, folder('consumer')),
    () => checkDownstream(packed, folder('downstream')),
    () => checkWorkspaceCopy(packed, folder('workspace')),
  ]
  for (const check of checks) {
    const started = performance.now()
    const proven = await check()
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${proven.join('\n')} (${seconds} s)`)
  }
}).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
