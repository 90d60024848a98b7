import { describe, expect, it, vi } from 'vitest'
import { modeWatch } from '../../src/document/document-mode.js'
import { failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'

const withMode = (mode: number) => ({ ...fakeStats, mode })

function watch() {
  const observer = vi.fn()
  const { fs, log } = fakeFileSystem({ open: async () => ({ chmod: async () => {} }) })
  const messages = () => observer.mock.calls.flat().map(({ message }) => message)
  return { ...modeWatch('/a.json', observer), fs, log, observer, messages }
}

describe.skipIf(process.platform === 'win32')('modeWatch()', () => {
  it('reports a wider mode once', () => {
    const { report, observer } = watch()
    report(withMode(0o100_604))
    report(withMode(0o100_604))
    const message = '/a.json could be read by others: its mode was 0604, the next update changes it to 0600'
    expect(observer.mock.calls).toEqual([
      [{ type: 'warned', kind: 'file-store', code: 'ERR_AUTH_STORE_MODE', message }],
    ])
  })

  it.each([0o600, 0o700, 0o400, 0, 0o100_600, 0o7600])('reports no mode %o', async (mode) => {
    const { report, correct, fs, log, observer } = watch()
    report(withMode(mode))
    report(undefined)
    await correct(fs, withMode(mode))
    await correct(fs, undefined)
    expect([observer.mock.calls, log]).toEqual([[], []])
  })

  it.each([0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o004])('reports the mode %o', (mode) => {
    const { report, messages } = watch()
    report(withMode(mode))
    expect(messages()).toEqual([expect.stringContaining(` was ${mode.toString(8).padStart(4, '0')}, `)])
  })

  it('corrects a wider mode, and says so', async () => {
    const { correct, report, fs, log, messages } = watch()
    await correct(fs, withMode(0o644))
    expect(log).toEqual(['open "/a.json" "r"', 'chmod 384 of /a.json', 'close of /a.json'])
    expect(messages()).toEqual(['/a.json could be read by others: its mode was 0644, it is now 0600'])
    report(withMode(0o644))
    expect(messages()).toHaveLength(2)
  })

  it('says that a mode could not be corrected, which read() does not repeat', async () => {
    for (const open of [failing('EACCES'), async () => ({ chmod: failing('EPERM') })]) {
      const { correct, report, messages } = watch()
      const { fs, log } = fakeFileSystem({ open })
      await correct(fs, withMode(0o644))
      report(withMode(0o644))
      expect(messages()).toEqual([
        '/a.json could be read by others: its mode was 0644, it could not be changed to 0600',
      ])
      if (log.length > 1) expect(log.at(-1)).toBe('close of /a.json')
    }
  })
})
