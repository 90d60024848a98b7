import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { openBrowser } from '../../src/oauth/open-browser.js'
import { folder } from '../loopback.js'

const { platform } = process
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform })
})

test.skipIf(platform === 'win32').each([
  ['linux', 'xdg-open', []],
  ['darwin', 'open', []],
  ['win32', 'rundll32', ['url.dll,FileProtocolHandler']],
])('openBrowser() on %s starts %s with the URL as one word', async (name, program, words) => {
  const place = folder()
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > '${place}/new' && mv '${place}/new' '${place}/words'\n`
  writeFileSync(join(place, program), script)
  chmodSync(join(place, program), 0o755)
  Object.defineProperty(process, 'platform', { value: name })
  const url = 'https://a.example/?a=1&b=$(id);%20'
  openBrowser(url, { PATH: [place, process.env['PATH']].join(delimiter) })
  await vi.waitFor(() => expect(existsSync(join(place, 'words'))).toBe(true), 20_000)
  expect(readFileSync(join(place, 'words'), 'utf8')).toBe([...words, url, ''].join('\n'))
})

test('openBrowser() does nothing where there is no such program', async () => {
  openBrowser('https://a.example/', { PATH: folder() })
  openBrowser('https://a.example/\0', { PATH: folder() })
  await new Promise((resolve) => setTimeout(resolve, 50))
})
