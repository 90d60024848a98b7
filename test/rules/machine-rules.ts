import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/workspace.mjs'
import { fileUrlPathname } from './source-rules.js'

/** A pattern that works on one machine or day, and fails on another. */
export interface MachineRule {
  /** The files, by path from the root, that the rule is about. */
  readonly files: RegExp
  readonly offence: RegExp
  /** The better way. */
  readonly advice: string
}

const anyTest = /^(?:packages\/[^/]+\/|)test\/.+\.(?:ts|mjs)$/
/** The program of `pnpm test:workload` is no helper: the clients that it tries use the real clock. */
const testHelper = /^(?:packages\/[^/]+\/|)test\/(?!.+\.test\.ts$|workload\/src\/main\.ts$).+\.ts$/

/** The rules by name. Each has a sample that breaks it in machine.test.ts. */
export const machineRules: Readonly<Record<string, MachineRule>> = {
  'a test helper that reads the real clock': {
    files: testHelper,
    offence: /\bDate\.now\(|\bnew Date\(\s*\)/,
    advice: 'take `now` as a required argument, so that dated data and the code under test have one clock',
  },
  'an upper bound of an elapsed time': {
    files: anyTest,
    offence: /\.now\(\) - \w+\)\s*\.toBeLessThan/,
    advice: 'a busy machine breaks it: wait for the event itself, or move a clock that the test injects',
  },
  'a wait of one second': {
    files: anyTest,
    offence: /\bvi\.wait(?:For|Until)\((?![^\n]*(?:timeout:|, \d+_000\)))/,
    advice: 'use expect.poll(), whose limit vitest.config.ts sets, or give 20_000: a busy machine needs more',
  },
  'a mode that the umask narrows': {
    files: anyTest,
    offence: /(?:writeFile|mkdir|open)\w*\([^\n]*\bmode: 0o\d?(?!\d00\b)\d{3}\b/,
    advice: 'set bits for group and others with chmod, which no umask narrows',
  },
  'a file URL taken for a path': {
    files: /\.(?:ts|mjs)$/,
    offence: fileUrlPathname,
    advice: 'use fileURLToPath(): `.pathname` has %20 where the path has a blank',
  },
  'an install that asks the network for what is there': {
    files: /^(?:scripts\/(?:bootstrap|new-provider|check-pack\/.+)\.mjs|\.ci\/run)$/,
    offence: /(?:\bpnpm install\b|\bnpm install\b|\bnpx --yes\b)(?![^\n]*--prefer-offline)/,
    advice: 'add --prefer-offline: without a network each question takes a minute to fail',
  },
}

/** Where a text breaks a rule, one line for each place. */
export function machineOffences(path: string, text: string): string[] {
  const found: string[] = []
  for (const [name, { files, offence, advice }] of Object.entries(machineRules)) {
    if (!files.test(path)) continue
    for (const { index } of text.matchAll(new RegExp(offence, 'g'))) {
      const line = text.slice(0, index).split('\n').length
      found.push(`${path}:${line} has ${name}: ${advice}`)
    }
  }
  return found
}

/** The texts that the rules are about, by path from the root: sources, tests and scripts. */
export function readWorkspaceTexts(): Map<string, string> {
  const texts = new Map<string, string>()
  const ignored = ['node_modules', 'dist', 'coverage', '.turbo', '.git']
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !ignored.includes(entry.name)) visit(path)
      else if (entry.isFile() && /\.(?:ts|mjs)$|^\.ci\/run$/.test(path))
        texts.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  visit('')
  return texts
}
