import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder } from './loopback.js'
import { runCli } from './run-cli.js'

const plain = '[providers.x]\nkind = "bearer"\ntoken = "SECRET-t"\nbase_url = "https://a.example"\n'
const ofFile = plain.replace('"SECRET-t"', '{ file = "s" }')
const isPosix = process.platform !== 'win32'

/** A folder with an odd configuration file, or none. */
const files: Readonly<Record<string, string | Uint8Array | ((path: string) => void)>> = {
  'a mark of UTF-8': `\ufeff${plain}`,
  'line ends of Windows': plain.replaceAll('\n', '\r\n'),
  'UTF-16': Buffer.from(`\ufeff${plain}`, 'utf16le'),
  'UTF-16 without a mark': Buffer.from(plain, 'utf16le'),
  'an escape character': 'a = "\u001b[2J"',
  'no provider': '# nothing\n',
  'a folder': (path) => mkdirSync(path),
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'a link to nothing': (path) => symlinkSync('nowhere', path),
  'a link to itself': (path) => symlinkSync('outbound-auth.toml', path),
  'too much': Buffer.alloc(17 * 2 ** 20, '#'),
  'the same key twice': `${plain}token = "b"\n`,
}
const accepted = ['a mark of UTF-8', 'line ends of Windows']
const says: Readonly<Record<string, string>> = {
  'UTF-16': 'it is not UTF-8 text. Mend',
  'UTF-16 without a mark': 'it is not UTF-8 text. Mend',
  'an escape character': 'outbound-auth.toml:1: not valid TOML',
  'no provider': 'outbound-auth.toml has no [providers.NAME]; add --provider NAME',
  'a folder': 'EISDIR. Mend or remove the file',
  'a pipe': 'it is a pipe, not a regular file. Mend',
  'a link to nothing': 'it is a symbolic link to a file that does not exist. Mend',
  'a link to itself': 'ELOOP. Mend',
  'too much': 'it is larger than 16 MiB',
  'the same key twice': 'outbound-auth.toml:5: not valid TOML',
}

test.skipIf(!isPosix).each(Object.entries(files))(
  'a configuration file that is %s',
  async (name, content) => {
    const cwd = folder()
    const path = join(cwd, 'outbound-auth.toml')
    if (typeof content === 'function') content(path)
    else writeFileSync(path, content, { mode: 0o600 })
    const { code, out, err } = await runCli(['token'], { cwd, env: { HOME: cwd } })
    if (accepted.includes(name)) {
      expect({ code, out, err }).toEqual({ code: 0, out: 'SECRET-t\n', err: '' })
      return
    }
    expect({ code, out, err }).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(says[name] ?? '?'),
    })
    expect(err).toMatch(/^outbound-auth: \P{Cc}* \(ERR_CLI_[A-Z]+\)\n$/u)
  },
)

test.skipIf(!isPosix).each([
  ['two lines', 'SECRET-t\nmore', 'a character that no header may hold'],
  ['an escape character', 'SECRET-t\u001b[2J', 'a character that no header may hold'],
  ['whitespace', ' \n', 'is blank'],
  ['a folder', (path: string): void => mkdirSync(path), 'is a directory'],
  ['a pipe', (path: string): void => void execFileSync('mkfifo', [path]), 'is a pipe'],
] as const)('a secret file that is %s', async (_, content, problem) => {
  const cwd = folder({ 'outbound-auth.toml': ofFile })
  const path = join(cwd, 's')
  if (typeof content === 'function') content(path)
  else writeFileSync(path, content, { mode: 0o600 })
  for (const words of [['token'], ['headers', 'x']]) {
    const { code, out, err } = await runCli(words, { cwd, env: { HOME: cwd } })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(/^outbound-auth: outbound-auth\.toml:\d: providers\.x/)
    expect(err).toContain(problem)
    expect(err).not.toContain('SECRET')
  }
})

test.each([
  ['request', '  '],
  ['request', 'GET', ' '],
  ['token', ' '],
  ['explain', '\t'],
  ['--version', 'now'],
])('whitespace and words that mean nothing are rejected: %s %j', async (...words) => {
  const { code, out, err } = await runCli(words, { cwd: folder({ 'outbound-auth.toml': plain }) })
  expect({ code, out, err }).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('ERR_CLI_USAGE'),
  })
})

test.skipIf(!isPosix)('a home that cannot be written keeps nothing, and the token is printed', async () => {
  const command = JSON.stringify([
    process.execPath,
    '-e',
    'console.log(JSON.stringify({ token: "t", expiresAt: "2099-01-01T00:00:00Z" }))',
  ])
  const cwd = folder({ 'outbound-auth.toml': plain.replace('"SECRET-t"', `{ command = ${command} }`) })
  const HOME = join(cwd, 'outbound-auth.toml')
  const { code, out, err } = await runCli(['token'], { cwd, env: { HOME } })
  expect({ code, out, err }).toMatchObject({
    code: 0,
    out: 't\n',
    err: expect.stringContaining('is not kept'),
  })
  expect(await runCli(['trust'], { cwd, env: { HOME } })).toMatchObject({ code: 3, out: '' })
})
