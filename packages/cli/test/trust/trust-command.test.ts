import { appendFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

const toml = '[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "http://localhost"\n'

/** A folder with a file that is not trusted yet, and a home of its own. */
function project() {
  const cwd = realpathSync(folder({ 'outbound-auth.toml': toml }))
  const env = { HOME: folder() }
  const call = (...words: readonly string[]) => runCli(words, { cwd, env, isTrusted: false })
  return { cwd, path: join(cwd, 'outbound-auth.toml'), call }
}

test('trust, trust --list and untrust print JSON with --json', async () => {
  const { path, call } = project()
  const trusted = JSON.parse((await call('trust', '--json')).out)
  expect(trusted).toMatchObject({
    path,
    sha256: expect.stringMatching(/^[\da-f]{64}$/),
    providers: [{ name: 'x' }],
  })
  const { trusted: files } = JSON.parse((await call('trust', '--list', '--json')).out)
  expect(files).toMatchObject([{ path, state: 'trusted', sha256: trusted.sha256 }])
  expect(JSON.parse((await call('untrust', '--json')).out)).toEqual({ path, trusted: false })
  expect(JSON.parse((await call('trust', '--list', '--json')).out)).toEqual({ trusted: [] })
})

test('trust --list says which files have changed and which are gone', async () => {
  const { path, call } = project()
  await call('trust')
  appendFileSync(path, '# more\n')
  expect((await call('trust', '--list')).out).toMatch(/^changed {2}/)
  renameSync(path, `${path}.old`)
  expect((await call('trust', '--list')).out).toMatch(/^missing {2}/)
  symlinkSync('outbound-auth.toml', path)
  expect((await call('trust', '--list')).out).toMatch(/^changed {2}/)
  rmSync(path)
})

test('trust takes a folder or a file, and says what else it does not take', async () => {
  const { cwd, path, call } = project()
  expect((await call('trust', cwd)).out).toContain(`Trusted ${path} `)
  expect((await call('trust', 'outbound-auth.toml')).out).toContain(`Trusted ${path} `)
  const problems: readonly (readonly [words: readonly string[], problem: string])[] = [
    [['trust', 'a', 'b'], 'Name one file, or none for that of the working directory'],
    [['trust', '--list', 'a'], 'trust --list takes no file'],
    [['trust', join(cwd, 'none')], 'There is no '],
    [['untrust', join(cwd, 'none')], 'is not trusted. See the trusted files: outbound-auth trust --list'],
  ]
  for (const [words, problem] of problems)
    expect(await call(...words)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(problem) })
})

test('trust does not take a file of another name, which --config uses without trust', async () => {
  const cwd = folder({ 'other.toml': toml })
  const { code, err } = await runCli(['trust', 'other.toml'], { cwd, env: { HOME: folder() } })
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('--config other.toml') })
})
