import type { PackageTree, Rule } from './package-tree.js'

const keyOrder = [
  'name',
  'version',
  'description',
  'keywords',
  'license',
  'repository',
  'type',
  'sideEffects',
  'exports',
  'imports',
  'bin',
  'files',
  'engines',
  'scripts',
  'dependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'devDependencies',
  'publishConfig',
]
const optionalKeys = [
  'imports',
  'bin',
  'dependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'devDependencies',
]

/** Every package has exactly the template's files. */
export const fileRule: Rule = ({ files }) => {
  const allowed = /^(?:package\.json|tsconfig\.json|README\.md|api\.md|CHANGELOG\.md|(?:src|test)\/.+)$/
  const wanted = ['package.json', 'tsconfig.json', 'README.md', 'api.md', 'src/index.ts']
  const paths = [...files.keys()]
  return [
    ...paths.filter((path) => !allowed.test(path)).map((path) => `${path} is not in the template`),
    ...wanted.filter((path) => !files.has(path)).map((path) => `${path} is missing`),
    ...(paths.some((path) => path.startsWith('test/')) ? [] : ['test/ is missing']),
    ...(files.get('tsconfig.json')?.trim() === '{ "extends": "../../tsconfig.base.json" }'
      ? []
      : ['tsconfig.json has settings of its own']),
  ]
}

/** The manifest's keys, their order, and the values that are the same everywhere. */
export const manifestRule: Rule = ({ folder, manifest }) => {
  const fixed = {
    name: `@outbound-auth/${folder}`,
    license: 'MIT',
    repository: {
      type: 'git',
      url: 'git+https://github.com/outbound-auth/outbound-auth.git',
      directory: `packages/${folder}`,
    },
    type: 'module',
    sideEffects: false,
    files: ['dist'],
    engines: { node: '>=20.19' },
    scripts: { build: 'tsc && node ../../scripts/finish-build.mjs' },
    publishConfig: { access: 'public', provenance: true },
  }
  const keys = Object.keys(manifest)
  const expected = keyOrder.filter((key) => keys.includes(key) || !optionalKeys.includes(key))
  const problems = Object.entries(fixed)
    .filter(([key, value]) => JSON.stringify(manifest[key]) !== JSON.stringify(value))
    .map(([key, value]) => `manifest: ${key} must be ${JSON.stringify(value)}`)
  if (keys.join() !== expected.join()) problems.push(`manifest: keys must be ${expected.join(', ')}`)
  if (!String(manifest['description'] ?? '').trim()) problems.push('manifest: description is empty')
  if (!manifest.keywords?.includes('auth')) problems.push('manifest: keywords lack "auth"')
  return problems
}

/** Each entry point has the source condition first, then types, then default, and its source exists. */
export const exportsRule: Rule = ({ manifest, files }) => {
  const problems: string[] = []
  if (Object.keys(manifest.exports ?? {})[0] !== '.') problems.push('exports: the first entry must be "."')
  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    const source = String(target['@outbound-auth/source']).replace(/^\.\//, '')
    const output = source.replace(/^src\//, './dist/')
    const expected = {
      '@outbound-auth/source': `./${source}`,
      types: output.replace(/\.ts$/, '.d.ts'),
      default: output.replace(/\.ts$/, '.js'),
    }
    if (JSON.stringify(target) !== JSON.stringify(expected)) {
      problems.push(`exports: ${entry} must be ${JSON.stringify(expected)}`)
    }
    if (!files.has(source)) problems.push(`exports: ${entry} names ${source}, which does not exist`)
  }
  for (const output of Object.values(manifest.bin ?? {})) {
    const source = output.replace(/^\.\/dist\/(.+)\.js$/, 'src/$1.ts')
    if (!files.get(source)?.startsWith('#!/usr/bin/env node\n')) {
      problems.push(`bin: ${source} must exist and begin with #!/usr/bin/env node`)
    }
  }
  return problems
}

/** Third-party packages that somebody decided to depend on at run time; every other package has none. */
const thirdParty: Readonly<Record<string, readonly string[]>> = {
  'agent-identity': ['jose', '@noble/ciphers', '@noble/curves', '@noble/hashes'],
  cli: ['undici'],
  codex: ['smol-toml', 'valibot'],
  resolver: ['smol-toml'],
}

/** The packages of ours that are made of others; a provider or an adapter knows nothing but the contract. */
const compositions: Readonly<Record<string, readonly string[]>> = {
  codex: ['core', 'bearer', 'agent-identity', 'resolver', 'file-store'],
}

/** Which packages of ours a package may depend on, and how versions are written. */
export const dependencyRule: Rule = (tree) => {
  const { folder, manifest } = tree
  const problems: string[] = []
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    if (name.startsWith('@outbound-auth/')) {
      if (version !== 'workspace:^') problems.push(`dependencies: ${name} must be workspace:^`)
      if (!mayUse(tree, name)) problems.push(`dependencies: ${folder} may not depend on ${name}`)
    } else {
      if (!thirdParty[folder]?.includes(name)) {
        problems.push(
          `dependencies: ${name} is a new run-time dependency; decide it in test/rules/manifest-rules.ts`,
        )
      }
      if (version !== 'catalog:') problems.push(`dependencies: the version of ${name} belongs in the catalog`)
    }
  }
  for (const name of Object.keys(manifest.peerDependencies ?? {})) {
    if (name.startsWith('@outbound-auth/')) problems.push(`peerDependencies: ${name} must be a dependency`)
  }
  return problems
}

function mayUse({ folder, manifest }: PackageTree, name: string): boolean {
  if (folder === 'core') return false
  if (manifest.bin) return true
  return (compositions[folder] ?? ['core']).includes(name.replace('@outbound-auth/', ''))
}
