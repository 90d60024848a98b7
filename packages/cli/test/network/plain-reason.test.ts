import { expect, test } from 'vitest'
import { plainReason } from '../../src/network/plain-reason.js'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

const failed = (...messages: readonly unknown[]): unknown =>
  messages.reduceRight<unknown>((cause, message) => ({ message, cause }), undefined)

test('plainReason() is the text of the innermost cause when it is a few plain words', () => {
  expect(plainReason(failed('fetch failed', 'bad port'), ['http://127.0.0.1:1/badges'])).toBe('bad port')
  expect(plainReason(failed('fetch failed', 'x 1', 'unknown scheme'), [])).toBe('unknown scheme')
})

test.each([
  [8, 'bad port'],
  [9, undefined],
])('plainReason() looks at %i causes: %s', (causes, expected) => {
  const between = Array.from({ length: causes - 1 }, () => 'Between')
  expect(plainReason(failed('fetch failed', ...between, 'bad port'), [])).toBe(expected)
})

test('plainReason() shows no error without a cause, and nothing that may quote a request', () => {
  const texts = [
    'invalid header x-key: SECRET',
    'connect ECONNREFUSED 127.0.0.1:1',
    'sk-secret',
    'averyverylongword',
    'a b c d e f g',
    '',
    5,
    undefined,
  ]
  for (const text of texts) expect(plainReason(failed('fetch failed', text), [])).toBeUndefined()
  for (const error of [failed('bad port'), new Error('bad port'), undefined, null, 'bad port'])
    expect(plainReason(error, [])).toBeUndefined()
  expect(plainReason(failed('fetch failed', 'bad hunter'), ['', 'Bearer Hunter'])).toBeUndefined()
  const circle: { message: string; cause?: unknown } = { message: 'bad port' }
  circle.cause = circle
  expect(plainReason(circle, [])).toBe('bad port')
})

test('request says why a server cannot be reached when the reason has no code, and quotes no secret', async () => {
  const text = '[providers.x]\nkind = "bearer"\ntoken = "hunter"\nbase_url = "http://127.0.0.1:1"\n'
  const io = { cwd: folder({ 'outbound-auth.toml': text }) }
  expect(await runCli(['request', 'y'], io)).toEqual({
    code: 5,
    out: '',
    err: 'outbound-auth: Cannot reach http://127.0.0.1:1: bad port. Check the URL and the network, and try again (ERR_CLI_NETWORK)\n',
  })
  for (const said of ['bad hunter', 'bad body', 'bad mine', 'bad path']) {
    const fetch = () => Promise.reject(failed('fetch failed', said))
    const { err } = await runCli(['request', 'path', '-d', 'Body', '-H', 'x-a: mine'], { ...io, fetch })
    expect(err).toBe(
      'outbound-auth: Cannot reach http://127.0.0.1:1. Check the URL and the network, and try again (ERR_CLI_NETWORK)\n',
    )
  }
})
