// Prevents the mistake of describing a package in prose only: this is the template, and test/rules/workspace.test.ts
// holds every package to it. The texts with {{name}}, {{Name}} and {{create}} are in the folder provider-template.
import { readFileSync } from 'node:fs'

/** @typedef {'token' | 'signer'} Template */

/** @type {readonly Template[]} */
export const templates = ['token', 'signer']

/**
 * The files of a new provider package, by path from the workspace's root.
 *
 * @param {string} name kebab-case
 * @param {Template} [template] `token`: a token from a function, cached and renewed; `signer`: a signature of the
 *   request
 * @returns {Record<string, string>}
 */
export function providerFiles(name, template = 'token') {
  const folder = `packages/${name}`
  const type = `${pascal(name)}Auth`
  const create = type.replace(/^./, (letter) => letter.toLowerCase())
  const fill = (/** @type {string} */ file) =>
    readFileSync(new URL(`provider-template/${template}-${file}.txt`, import.meta.url), 'utf8')
      .replaceAll('{{name}}', name)
      .replaceAll('{{Name}}', pascal(name))
      .replaceAll('{{create}}', create)
  const changeset = `---\n'@outbound-auth/${name}': major\n---\n\nThe first release of \`${create}\`.\n`
  return {
    [`${folder}/package.json`]: manifest(name),
    [`${folder}/tsconfig.json`]: '{ "extends": "../../tsconfig.base.json" }\n',
    [`${folder}/README.md`]: fill('readme.md'),
    [`${folder}/src/index.ts`]: `export { type ${type}, type ${type}Options, ${create} } from './${name}-auth.js'\n`,
    [`${folder}/src/${name}-auth.ts`]: fill('auth.ts'),
    [`${folder}/test/${name}-auth.test.ts`]: fill('auth.test.ts'),
    [`.changeset/add-${name}.md`]: changeset,
  }
}

/** @param {string} name */
const pascal = (name) => name.replace(/(?:^|-)(.)/g, (_, letter) => letter.toUpperCase())
/** @param {string} name */
function manifest(name) {
  const content = {
    name: `@outbound-auth/${name}`,
    version: '0.0.0',
    description: `${pascal(name)} authentication for outbound HTTP requests`,
    keywords: ['auth', 'authentication', name],
    license: 'MIT',
    repository: {
      type: 'git',
      url: 'git+https://github.com/outbound-auth/outbound-auth.git',
      directory: `packages/${name}`,
    },
    type: 'module',
    sideEffects: false,
    exports: {
      '.': {
        '@outbound-auth/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
    },
    files: ['dist'],
    engines: { node: '>=20.19' },
    scripts: { build: 'tsc && node ../../scripts/finish-build.mjs' },
    dependencies: { '@outbound-auth/core': 'workspace:^' },
    publishConfig: { access: 'public', provenance: true },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}
