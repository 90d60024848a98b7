import { expect, test } from 'vitest'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

const toml = '[providers.x]\nkind = "bearer"\ntoken = "SECRET-t"\nbase_url = "https://a.example"\n'

test.each([
  [['--json', '--format', 'kubectl'], '--json and --format contradict each other: remove one'],
  [['https://a.example/a', 'https://a.example/b'], 'token takes one URL or path, or none: remove the others'],
])('token %j is a mistake that is named', async (words, problem) => {
  const home = folder({ 'outbound-auth.toml': toml })
  const { code, out, err } = await runCli(['token', ...words], { cwd: home, env: { HOME: home } })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(problem)
})

test('token --json and --format json are the same', async () => {
  const home = folder({ 'outbound-auth.toml': toml })
  const call = (...words: string[]) => runCli(['token', ...words], { cwd: home, env: { HOME: home } })
  const { out } = await call('--json')
  expect(JSON.parse(out)).toMatchObject({ token: 'SECRET-t' })
  expect((await call('--json', '--format', 'json')).out).toBe(out)
})
