// Prevents the mistake of documenting what a package must look like in prose only: this is the template, and
// test/workspace.test.ts holds every package to it.

/**
 * The files of a new provider package, by path from the workspace's root.
 *
 * @param {string} name kebab-case
 * @returns {Record<string, string>}
 */
export function providerFiles(name) {
  const folder = `packages/${name}`
  return {
    [`${folder}/package.json`]: manifest(name),
    [`${folder}/tsconfig.json`]: '{ "extends": "../../tsconfig.base.json" }\n',
    [`${folder}/README.md`]: readme(name),
    [`${folder}/src/index.ts`]: index(name),
    [`${folder}/src/${name}-auth.ts`]: source(name),
    [`${folder}/test/${name}-auth.test.ts`]: test(name),
    [`.changeset/add-${name}.md`]: `---\n'@outbound-auth/${name}': major\n---\n\nThe first release of \`${factory(name)}\`.\n`,
  }
}

/** @param {string} name */
const pascal = (name) => name.replace(/(?:^|-)(.)/g, (_, letter) => letter.toUpperCase())
/** @param {string} name */
const factory = (name) => `${pascal(name).replace(/^./, (letter) => letter.toLowerCase())}Auth`

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
    files: ['dist', 'src'],
    engines: { node: '>=20.19' },
    scripts: { build: 'tsc' },
    dependencies: { '@outbound-auth/core': 'workspace:^' },
    publishConfig: { access: 'public', provenance: true },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

/** @param {string} name */
function index(name) {
  const type = `${pascal(name)}Auth`
  return `export { type ${type}, type ${type}Options, ${factory(name)} } from './${name}-auth.js'\n`
}

/** @param {string} name */
function source(name) {
  const type = `${pascal(name)}Auth`
  return `import { type AuthProvider, checkOptions, checkToken } from '@outbound-auth/core'

/** Options of {@link ${factory(name)}}. */
export interface ${type}Options {
  /** The secret; it goes to the allowed origins only, and is never printed. */
  readonly secret: string
}

/** What {@link ${factory(name)}} makes. */
export interface ${type} extends AuthProvider {
  readonly kind: '${name}'
}

const kind = '${name}'

/**
 * Authenticates with a secret in the authorization header.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError \`ERR_AUTH_CREDENTIAL\`, \`ERR_AUTH_HEADER_VALUE\` (build) when the secret is none
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2
 * @example
 * const auth = ${factory(name)}({ secret: 'secret-1' })
 */
export function ${factory(name)}(options: ${type}Options): ${type} {
  checkOptions('${factory(name)}', options, ['secret'])
  const secret = checkToken(options.secret, kind)
  return {
    kind,
    headerNames: ['authorization'],
    addAuthHeaders: (headers) => headers.set('authorization', \`${pascal(name)} \${secret}\`),
  }
}
`
}

/** @param {string} name */
function test(name) {
  const create = factory(name)
  return `import { toAuthHeaders } from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { ${create} } from '../src/index.js'

const secret = 'planted-${name}-secret'

describe('${create}() keeps the contract of AuthProvider:', () => {
  const checks = checkAuthProvider({ create: () => ${create}({ secret }), secrets: [secret] })
  for (const { name, run } of checks) it(name, run)
})

it('${create}() sends the secret in the authorization header', () => {
  const headers = toAuthHeaders(${create}({ secret }))
  expect(headers).toEqual({ authorization: \`${pascal(name)} \${secret}\` })
})

it('${create}() refuses an option that it does not have', () => {
  const options = { secret, secert: secret }
  expect(() => ${create}(options)).toThrow(TypeError)
})
`
}

/** @param {string} name */
function readme(name) {
  return `# @outbound-auth/${name}

${pascal(name)} authentication for outbound HTTP requests, as an [Outbound Auth](https://github.com/outbound-auth/outbound-auth) provider.

## Install

\`\`\`sh
npm install @outbound-auth/${name} @outbound-auth/fetch
\`\`\`

## Use

\`\`\`ts
import { authFetch } from '@outbound-auth/fetch'
import { ${factory(name)} } from '@outbound-auth/${name}'

const auth = ${factory(name)}({ secret: 'secret-1' })
const fetch = authFetch(auth, { allowedOrigins: ['https://api.example.com'] })
const response = await fetch('https://api.example.com/v1/things')
\`\`\`

## Errors

Besides the codes of [core](https://github.com/outbound-auth/outbound-auth/tree/main/packages/core#errors):

| code | kind | when |
|---|---|---|
| \`ERR_AUTH_CREDENTIAL\` | build | the secret is empty or no string |
| \`ERR_AUTH_HEADER_VALUE\` | build | the secret has a character that no header may hold |
`
}
