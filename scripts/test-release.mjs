// Prevents the mistake of a release flow that nobody ever ran: releases a copy of the workspace to a registry on this
// machine, four times, and installs the releases as apps do. Needs a build, git, tar, npm, and pnpm on the PATH
// (`pnpm test:release`). Nothing reaches another registry, and everything is in a temporary folder.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { withScratch } from './check-pack/scratch.mjs'
import {
  expectSame,
  runCommand,
  runMonorepo,
  runOldProvider,
  runTwoCores,
} from './test-release/installed-apps.mjs'
import { startRegistry } from './test-release/registry.mjs'
import { copyBuiltWorkspace, trialRelease } from './test-release/trial-release.mjs'
import { listPackages } from './workspace.mjs'

const all = listPackages().map(({ folder }) => folder)
const dependents = listPackages()
  .filter(({ manifest }) => manifest.dependencies?.['@outbound-auth/core'])
  .map(({ folder }) => folder)
const nameOf = (/** @type {string} */ folder) => `@outbound-auth/${folder}`

await withScratch(async (scratch) => {
  const folder = (/** @type {string} */ name) => {
    mkdirSync(join(scratch, name))
    return join(scratch, name)
  }
  const workspace = folder('workspace')
  const started = performance.now()
  const [up, copied] = await Promise.allSettled([
    startRegistry(folder('registry')),
    copyBuiltWorkspace(workspace),
  ])
  if (up.status === 'rejected') throw up.reason
  const registry = up.value
  try {
    if (copied.status === 'rejected') throw copied.reason
    const trial = trialRelease(workspace, folder('tarballs'), registry)
    const steps = [
      () => releaseAll(trial),
      () => releaseOne(trial, 'bearer', 'patch', '1.0.1'),
      () => releaseOne(trial, 'core', 'minor', '1.1.0'),
      () => runOldProvider(folder('old-provider'), registry),
      () => runMonorepo(folder('monorepo'), registry),
      () => runCommand(folder('command'), registry),
      () => releaseMajor(trial),
      () => runTwoCores(folder('two-cores'), registry),
    ]
    console.log(`A registry at ${registry.url} and a copy of the workspace (${secondsSince(started)})`)
    for (const step of steps) {
      const start = performance.now()
      console.log(`${await step()} (${secondsSince(start)})`)
    }
    console.log(`Everything was released and works, in ${secondsSince(started)}`)
  } finally {
    await registry.stop()
  }
}).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})

/** @typedef {import('./test-release/trial-release.mjs').TrialRelease} TrialRelease */

/** @param {TrialRelease} trial */
async function releaseAll({ publish }) {
  expectSame(
    'the first release',
    await publish(),
    all.map((name) => `${nameOf(name)}@1.0.0`),
  )
  return `the first release publishes all ${all.length} packages as 1.0.0`
}

/** @param {TrialRelease} trial @param {string} name @param {'patch' | 'minor'} bump @param {string} version */
async function releaseOne({ change, publish }, name, bump, version) {
  await change(name, bump)
  expectSame(`a ${bump} of ${name}`, await publish(), [`${nameOf(name)}@${version}`])
  return `a ${bump} of ${name} publishes ${name} ${version} alone`
}

/** @param {TrialRelease} trial */
async function releaseMajor({ change, announce, publish, gate }) {
  await change('core', 'major')
  const refusal = await gate()
  const missing = dependents.filter((name) => !refusal.includes(`${nameOf(name)} depends on core`))
  expectSame('the packages that the gate does not ask a major of', missing, [])
  for (const name of dependents) announce(name, 'major')
  const published = await publish()
  expectSame(
    'a major of core',
    published,
    ['core', ...dependents].sort().map((name) => `${nameOf(name)}@2.0.0`),
  )
  return `a major of core is refused alone, and publishes ${published.length} packages as 2.0.0 together`
}

/** @param {number} start */
function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}
