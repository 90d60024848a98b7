// Prevents the mistake of types that compile only here: installs the tarballs into an empty folder and compiles an
// import of every entry point as strangers do, with DOM types alone and with Node types alone, then really imports
// each.
import { readFileSync } from 'node:fs'
import { isNodeOnly, root } from '../workspace.mjs'
import { run, writeFiles } from './scratch.mjs'

/**
 * @param {import('./pack-all.mjs').PackedPackage[]} packed
 * @param {string} folder
 */
export async function checkConsumer(packed, folder) {
  const entries = packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports).map((entry) => ({
      specifier: manifest.name + entry.slice(1),
      nodeOnly: isNodeOnly(manifest, entry),
    })),
  )
  const all = entries.map(({ specifier }) => specifier)
  const portable = entries.filter(({ nodeOnly }) => !nodeOnly).map(({ specifier }) => specifier)
  const peers = Object.assign({}, ...packed.map(({ manifest }) => manifest.peerDependencies))
  const tarballs = Object.fromEntries(
    packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
  )
  writeFiles(folder, {
    'package.json': {
      name: 'consumer',
      private: true,
      type: 'module',
      dependencies: { ...peers, ...tarballs },
      devDependencies: { typescript: versionOf('typescript'), '@types/node': versionOf('@types/node') },
    },
    'dom/all.ts': importAll(portable),
    'dom/tsconfig.json': tsconfig({ lib: ['ES2022', 'DOM'], types: [] }),
    'bundler/all.ts': importAll(portable),
    'bundler/tsconfig.json': tsconfig({
      lib: ['ES2022', 'DOM'],
      types: [],
      module: 'ESNext',
      moduleResolution: 'bundler',
    }),
    'node/all.ts': importAll(all),
    'node/tsconfig.json': tsconfig({ lib: ['ES2022'], types: ['node'] }),
    'run.mjs': `const entries = ${JSON.stringify(all)}
for (const entry of entries) {
  const names = Object.keys(await import(entry))
  if (names.length === 0) throw new Error(entry + ' exports nothing')
}
console.log(process.version)
`,
  })
  await run(
    'npm install --include=dev --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error',
    folder,
  )
  for (const project of ['dom', 'bundler', 'node']) await run(`npx --no-install tsc -p ${project}`, folder)
  const here = (await run(`"${process.execPath}" run.mjs`, folder)).trim()
  const other = (await run('npx --yes --prefer-offline --package node@24 -c "node run.mjs"', folder)).trim()
  return [
    `${portable.length} portable entry points compile with lib DOM alone, for Node and for bundlers`,
    `${all.length} entry points compile with @types/node alone`,
    `${all.length} entry points import on ${here} and on ${other}`,
  ]
}

/** @param {string} name */
export function versionOf(name) {
  return JSON.parse(readFileSync(`${root}/node_modules/${name}/package.json`, 'utf8')).version
}

/** @param {string[]} specifiers */
function importAll(specifiers) {
  const imports = specifiers.map((specifier, index) => `import * as _${index} from '${specifier}'`)
  return `${imports.join('\n')}\n\nexport const all = [${specifiers.map((_, index) => `_${index}`)}]\n`
}

/** @param {object} options */
function tsconfig(options) {
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    ...options,
  }
  return { compilerOptions, include: ['*.ts'] }
}
