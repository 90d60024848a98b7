import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from '../../../scripts/workspace.mjs'
import { runScript } from '../support/project.js'
import { blocksOf } from '../support/recipe.js'

const folder = join(root, 'test/recipes/node_modules/.cache', `types-${process.pid}`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('every ts block of the recipes compiles with the types of the clients', async () => {
  for (const part of ['docs/recipes', 'docs/coming-from']) {
    for (const name of readdirSync(join(root, part)).filter((file) => file.endsWith('.md'))) {
      mkdirSync(join(folder, part, name), { recursive: true })
      for (const [index, { text, line }] of blocksOf(`${part}/${name}`).entries()) {
        const code = `${'\n'.repeat(line - 1)}${text}\nexport {}\n`
        writeFileSync(join(folder, part, name, `block-${index}.ts`), code)
      }
    }
  }
  writeFileSync(join(folder, 'control.ts'), "import axios from 'axios'\naxios.create(1)\n")
  const compilerOptions = {
    rootDir: root,
    noEmit: true,
    skipLibCheck: true,
    noUnusedLocals: false,
    isolatedDeclarations: false,
    declaration: false,
    declarationMap: false,
  }
  const include = ['**/*.ts', join(root, 'test/recipes/support/*.d.ts')]
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { output } = await runScript(compiler, ['-p', folder, '--pretty', 'false'], folder)
  const lines = output.split('\n').filter((line) => /^\S/.test(line))
  expect(lines.filter((line) => !line.startsWith('control.ts'))).toEqual([])
  expect(lines).toHaveLength(1)
})
