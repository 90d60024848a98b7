import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../../scripts/workspace.mjs'
import { readmeBlocks } from '../../docs/readme-blocks.js'
import { makeProject, programOf, runScript } from '../support/project.js'
import { blocksOf, pageText } from '../support/recipe.js'

const jestPage = 'docs/recipes/jest.md'
const jsonBlocks = readmeBlocks(pageText(jestPage)).filter(({ language }) => language === 'json')
const [manifest = '', babel = ''] = jsonBlocks.map(({ text }) => text)
const [jestTest] = blocksOf(jestPage)
const jest = programOf('jest/bin/jest.js')
const copied = ['core', 'bearer', 'fetch']
const files = { 'babel.config.json': babel, 'client.test.js': jestTest?.text ?? '' }
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const loadsModules = major > 24 || (major === 24 && minor >= 9)

it('Jest runs the test with the pattern of the recipe', async () => {
  const folder = makeProject('jest', { ...files, 'package.json': manifest }, copied)
  const { status, output } = await runScript(jest, ['--rootDir', folder, '--no-cache'], folder)
  expect(output).toContain('1 passed')
  expect(status).toBe(0)
})

it('Jest needs the pattern before Node 24.9', async () => {
  const folder = makeProject('jest-bare', { ...files, 'package.json': '{}' }, copied)
  const { output } = await runScript(jest, ['--rootDir', folder, '--no-cache'], folder)
  expect(output).toContain(loadsModules ? '1 passed' : 'Must use import to load ES Module')
})

it('Jest runs ES modules without Babel', async () => {
  const manifest = JSON.stringify({ type: 'module', jest: { transform: {} } })
  const test = files['client.test.js']
  const folder = makeProject('jest-esm', { 'package.json': manifest, 'client.test.js': test }, copied)
  const { output } = await runScript('--experimental-vm-modules', [jest, '--rootDir', folder], folder)
  expect(output).toContain('1 passed')
})

it('Vitest runs the test with msw', async () => {
  const [block] = blocksOf('docs/recipes/vitest-and-msw.md')
  const folder = makeProject('msw', {
    'client.test.ts': block?.text ?? '',
    'package.json': '{"type":"module"}',
    'vitest.config.ts': 'export default {}',
  })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { status, output } = await runScript(vitest, ['run', '--root', folder], folder)
  expect(output).toMatch(/Tests\s+1 passed/)
  expect(status).toBe(0)
})
