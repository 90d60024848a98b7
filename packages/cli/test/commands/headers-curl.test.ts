import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!hasCurl())('curl -K - sends what headers --curl prints, byte for byte', async () => {
  const { origin, seen } = await loopback()
  const headers = 'headers = { x-quote = "a\\"b\\\\c" }'
  const toml = `[providers.x]\nkind = "bearer"\ntoken = "SECRET-t"\nbase_url = "${origin}"\n${headers}\n`
  const cwd = folder({ 'outbound-auth.toml': toml })
  const body = '{"a":"\\"ü\\\\",\n\t"b":1}\r\n'
  const words = ['headers', 'PUT', 'x?a={1,2}&b=[1-3]', '-d', body, '-H', 'x-empty:', '--curl']
  const { code, out } = await runCli(words, { cwd })
  expect(code).toBe(0)
  const curl = spawn('curl', ['-s', '--noproxy', '*', '-K', '-'], { stdio: ['pipe', 'pipe', 'inherit'] })
  curl.stdin.end(out)
  curl.stdout.resume()
  expect((await once(curl, 'close'))[0]).toBe(0)
  expect(seen).toMatchObject([
    {
      method: 'PUT',
      body,
      headers: {
        authorization: 'Bearer SECRET-t',
        'content-type': 'application/json',
        'x-quote': 'a"b\\c',
        'x-empty': '',
      },
    },
  ])
  expect(decodeURI(seen[0]?.url ?? '')).toBe('/x?a={1,2}&b=[1-3]')
})

test('headers --curl rejects a body that its configuration cannot hold, and --json', async () => {
  const toml = '[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "http://localhost"\n'
  const cwd = folder({ 'outbound-auth.toml': toml, bytes: new Uint8Array([0xff, 0]) })
  const binary = await runCli(['headers', 'x', '-d', '@bytes', '--curl'], { cwd })
  expect(binary).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--data-binary @FILE') })
  const both = await runCli(['headers', 'x', '--json', '--curl'], { cwd })
  expect(JSON.parse(both.err).error.message).toContain('remove one')
})
