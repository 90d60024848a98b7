// Prevents the mistake of types that describe another module than the one that is loaded: checks every entry point of
// the tarballs with "are the types wrong", in one process, since most of its time goes into loading a compiler.
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { packAll } from './check-pack/pack-all.mjs'
import { withScratch } from './check-pack/scratch.mjs'

// We are ESM only: CommonJS users load ESM through `require`, and resolvers without `exports` are not supported.
const ignored = ['node10', 'node16-cjs']

await withScratch(async (scratch) => {
  for (const { manifest, tarball } of await packAll(scratch)) {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
    if (!result.types) throw new Error(`${manifest.name} has no types`)
    const problems = result.problems.filter(
      (problem) => !('resolutionKind' in problem && ignored.includes(problem.resolutionKind)),
    )
    const entries = Object.keys(result.entrypoints).length
    console.log(`${problems.length === 0 ? 'ok  ' : 'BAD '} ${manifest.name}: ${entries} entry points`)
    for (const problem of problems) console.log(`     ${JSON.stringify(problem)}`)
    if (problems.length > 0) process.exitCode = 1
  }
}).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
