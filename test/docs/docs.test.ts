import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listExamples, listPackages, root } from '../../scripts/workspace.mjs'
import { expectNoProblems } from '../rules/expect-no-problems.js'
import { prepareDocsProject } from './docs-project.js'
import { readmeBlocks } from './readme-blocks.js'

const folder = join(root, 'node_modules', '.cache', `docs-test-${process.pid}`)
const documents = findDocuments()
/** Their clients are installed by `pnpm test:recipes` only, which compiles them with all types, and runs them. */
const recipeFolders = /^docs\/(?:recipes|coming-from)\//
/** `pnpm test:fleet` runs its first block with the client, against a server. */
const fleetReadme = 'packages/shared-store/README.md'
/** An absent client has no types, and gives none to the parameters of a callback. */
const missingTypes = /: error TS(?:2347|2709|70(?:05|06|19|31|34)):/

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('every ts block of the documentation compiles with the strict flags', () => {
  let output = ''
  beforeAll(async () => {
    const installed = prepareDocsProject(folder)
    configureCompiler()
    for (const file of documents) writeBlocks(file)
    declareAbsent(installed)
    writeFileSync(
      join(folder, 'control.ts'),
      "import { applyAuth } from '@outbound-auth/core'\napplyAuth(1)\n",
    )
    output = await compile()
  })

  it.each(documents)('%s', (file) => {
    const isRecipe = recipeFolders.test(file)
    const found = output
      .split('\n')
      .filter((line) => line.startsWith(`${file}/`) && !(isRecipe && missingTypes.test(line)))
    expectNoProblems(found.map((line) => line.replace(/\/block-\d+\.ts\((\d+),(\d+)\)/, ':$1:$2')))
  })

  it('a block that misuses the API does not', () => {
    expect(output).toMatch(/^control\.ts\(2,\d+\): error/m)
  })

  it('nothing else is wrong with the set-up', () => {
    // Errors in the sources themselves are for `pnpm typecheck` to report.
    const known = ['../../../packages/', ...documents.map((file) => `${file}/`), 'control.ts', ' ']
    expectNoProblems(
      output.split('\n').filter((line) => line && !known.some((start) => line.startsWith(start))),
    )
  })
})

describe('no block of code escapes the check', () => {
  it.each(documents)('%s', (file) => {
    const escaping = /^(?:typescript|tsx|mts|js|javascript|mjs|jsx|ts .*)$/
    const blocks = readmeBlocks(readFileSync(join(root, file), 'utf8'))
    expectNoProblems(
      blocks
        .filter(({ language }) => escaping.test(language))
        .map(
          ({ language, line }) =>
            `${file}:${line}: write \`ts\` instead of \`${language}\`, so that it is compiled`,
        ),
    )
    for (const { language, text } of blocks) {
      if (language === 'ts') expect(text).not.toMatch(/@ts-(?:ignore|nocheck|expect-error)/)
    }
  })
})

/** The READMEs and guides, as paths from the root. API reports are written by the compiler and need no check. */
function findDocuments(): string[] {
  const readmes = [...listPackages(), ...listExamples()].map(({ path }) =>
    relative(root, `${path}/README.md`),
  )
  const guides = existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(
        (name) => `docs/${name.replaceAll('\\', '/')}`,
      )
    : []
  const own = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md']
  return [...own, ...readmes, ...guides].filter(
    (file) => file.endsWith('.md') && existsSync(join(root, file)),
  )
}

/** The strict flags of our own sources. Examples may show values without using them, and export nothing. */
function configureCompiler(): void {
  const compilerOptions = {
    rootDir: root,
    noEmit: true,
    skipLibCheck: true,
    customConditions: ['@outbound-auth/source'],
    noUnusedLocals: false,
    isolatedDeclarations: false,
    declaration: false,
    declarationMap: false,
  }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
}

/** One module a block; blank lines in front make the compiler's line numbers those of the document. */
function writeBlocks(file: string): void {
  mkdirSync(join(folder, file), { recursive: true })
  const blocks = readmeBlocks(readFileSync(join(root, file), 'utf8'))
  for (const [index, { language, text, line }] of blocks.entries()) {
    if (language !== 'ts') continue
    writeFileSync(join(folder, file, `block-${index}.ts`), `${'\n'.repeat(line - 1)}${text}\nexport {}\n`)
  }
}

/** Declares the clients of the recipes that are not installed, so that our own names are checked at least. */
function declareAbsent(installed: readonly string[]): void {
  const absent = new Set<string>()
  for (const file of documents.filter((name) => recipeFolders.test(name) || name === fleetReadme)) {
    for (const { language, text } of readmeBlocks(readFileSync(join(root, file), 'utf8'))) {
      if (language !== 'ts') continue
      for (const [, name = ''] of text.matchAll(/^(?:import|\} from|import .* from) '([^']+)'/gm)) {
        const [scope = '', second] = name.split('/')
        const owner = scope.startsWith('@') ? `${scope}/${second}` : scope
        if (!/^(?:node:|\.|@outbound-auth\/)/.test(name) && !installed.includes(owner)) absent.add(name)
      }
    }
  }
  const declarations = Array.from(absent, (name) => `declare module '${name}'\n`)
  writeFileSync(join(folder, 'absent.d.ts'), declarations.join(''))
}

async function compile(): Promise<string> {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [compiler, '-p', folder, '--pretty', 'false'],
      {
        cwd: folder,
      },
    )
    return stdout
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    return stdout.replaceAll(`${relative(root, folder)}/`, '')
  }
}
