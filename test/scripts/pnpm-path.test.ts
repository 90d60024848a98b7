import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { rememberedPnpm, rememberPnpm, withoutHash } from '../../scripts/pnpm-path.mjs'
import { root } from '../../scripts/workspace.mjs'

/** A workspace, and what npx has installed. */
function folders() {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth pnpm '))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const manifest = join(folder, 'npx/node_modules/pnpm/package.json')
  const install = (version: string) => {
    mkdirSync(join(manifest, '..'), { recursive: true })
    writeFileSync(manifest, JSON.stringify({ name: 'pnpm', version }))
  }
  install('12.1.0')
  const bin = join(folder, 'npx/node_modules/.bin')
  return { workspace: join(folder, 'workspace'), bin, install, path: ['/usr/bin', bin].join(delimiter) }
}

it('rememberedPnpm() finds the pnpm that was on the PATH', () => {
  const { workspace, bin, path } = folders()
  expect(rememberedPnpm('pnpm@12.1.0', workspace)).toBeUndefined()
  rememberPnpm('pnpm@12.1.0', path, workspace)
  expect(rememberedPnpm('pnpm@12.1.0', workspace)).toBe(bin)
})

it('rememberedPnpm() finds nothing where another version was pinned or installed meanwhile', () => {
  const { workspace, path, install } = folders()
  rememberPnpm('pnpm@12.2.0', path, workspace)
  expect(rememberedPnpm('pnpm@12.2.0', workspace)).toBeUndefined()
  rememberPnpm('pnpm@12.1.0', path, workspace)
  expect(rememberedPnpm('pnpm@12.2.0', workspace)).toBeUndefined()
  install('12.2.0')
  expect(rememberedPnpm('pnpm@12.1.0', workspace)).toBeUndefined()
})

it('withoutHash() gives the name and version that npx takes', () => {
  expect(withoutHash('pnpm@12.1.0+sha512.0a1b')).toBe('pnpm@12.1.0')
  expect(withoutHash('pnpm@12.1.0')).toBe('pnpm@12.1.0')
})

it('package.json pins pnpm with the hash of its tarball', () => {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+\+sha512\.[0-9a-f]{128}$/)
})
