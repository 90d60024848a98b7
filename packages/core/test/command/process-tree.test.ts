import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { killTree, spawnable } from '../../src/command/process-tree.js'

describe('spawnable()', () => {
  it.each<[string[], NodeJS.Platform]>([
    [['tool', 'a b', '$(x)'], 'linux'],
    [['tool.cmd', 'a'], 'linux'],
    [['tool.exe', 'a&b', '"'], 'win32'],
    [['tool'], 'win32'],
    [['cmd.exe', '/c', 'tool.cmd a'], 'win32'],
  ])('starts %j on %s as it is', (command, platform) => {
    const [file, ...args] = command
    expect(spawnable(command, platform)).toEqual({ file, args, verbatim: false })
  })

  it('starts a Windows batch file without arguments through cmd.exe, quoted', () => {
    for (const file of ['C:\\My Tools\\get.cmd', 'get.BAT', 'get.cmd. .']) {
      expect(spawnable([file], 'win32')).toEqual({
        file: process.env['ComSpec'] ?? 'cmd.exe',
        args: ['/d', '/s', '/c', `""${file}""`],
        verbatim: true,
      })
    }
  })

  it.each([
    [['get.cmd', 'x']],
    [['get.bat', '']],
    [['GET.CMD', '"&calc']],
    [['get.cmd ', 'x']],
    [['get.cmd.', 'x']],
    [['a&calc.cmd']],
    [['%PATH%.bat']],
    [['a".cmd']],
    [['a^.cmd']],
  ])('refuses the Windows batch file %j', (command) => {
    expect(() => spawnable(command, 'win32')).toThrow(
      expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_COMMAND_NOT_FOUND' }),
    )
  })
})

describe('killTree()', () => {
  it('does nothing when the child was not started, or has ended', async () => {
    const missing = spawn('no-such-program-anywhere', { detached: true })
    await once(missing, 'error')
    killTree(missing)
    const ended = spawn(process.execPath, ['-e', ''], { detached: true, stdio: 'ignore' })
    await once(ended, 'exit')
    killTree(ended)
  })

  it.skipIf(process.platform === 'win32')(
    'kills at least the child on a Windows without taskkill',
    async () => {
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], {
        detached: true,
        stdio: 'ignore',
      })
      await once(child, 'spawn')
      killTree(child, 'win32')
      expect((await once(child, 'exit'))[1]).toBe('SIGTERM')
    },
  )

  it.skipIf(process.platform === 'win32')(
    'asks taskkill of Windows for the whole tree, by force',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'process-tree-'))
      const seen = join(folder, 'arguments')
      writeFileSync(
        join(folder, 'taskkill'),
        `#!/bin/sh\necho "$@" > '${seen}.new' && mv '${seen}.new' '${seen}'\n`,
      )
      chmodSync(join(folder, 'taskkill'), 0o755)
      vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`)
      onTestFinished(() => {
        vi.unstubAllEnvs()
        rmSync(folder, { recursive: true, force: true })
      })
      killTree({ pid: 4711, kill() {} } as never, 'win32')
      await expect.poll(() => existsSync(seen)).toBe(true)
      expect(readFileSync(seen, 'utf8')).toBe('/pid 4711 /t /f\n')
    },
  )
})
