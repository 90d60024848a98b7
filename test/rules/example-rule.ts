import type { Rule } from './package-tree.js'

/** An example is a private app that a reader can start: no version, no settings of its own, and a short `main`. */
export const exampleRule: Rule = ({ folder, manifest, files }) => {
  const fixed = {
    name: folder,
    private: true,
    type: 'module',
    scripts: { build: 'tsc', start: 'node dist/main.js' },
  }
  const problems = Object.entries(fixed)
    .filter(([key, value]) => JSON.stringify(manifest[key]) !== JSON.stringify(value))
    .map(([key, value]) => `manifest: ${key} must be ${JSON.stringify(value)}`)
  // An example that shows more than its output does has tests of its own, which `npm test` runs with the others.
  const hasTests = [...files.keys()].some((path) => path.startsWith('test/'))
  const keys = ['name', 'private', 'description', 'type', 'scripts', 'dependencies']
  if (hasTests) keys.push('devDependencies')
  if (Object.keys(manifest).join() !== keys.join()) problems.push(`manifest: keys must be ${keys.join(', ')}`)
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    const wanted = name.startsWith('@outbound-auth/') ? 'workspace:^' : 'catalog:'
    if (version !== wanted) problems.push(`dependencies: ${name} must be ${wanted}`)
  }
  if (files.get('tsconfig.json')?.trim() !== '{ "extends": "../tsconfig.json" }')
    problems.push('tsconfig.json has settings of its own')
  if (!files.get('README.md')?.startsWith(`# ${folder}\n`))
    problems.push(`README.md must begin with # ${folder}`)
  const lines = files.get('src/main.ts')?.trimEnd().split('\n').length ?? 0
  if (lines === 0) problems.push('src/main.ts is missing')
  if (lines > 90) problems.push(`src/main.ts has ${lines} lines, more than 90`)
  return problems
}
