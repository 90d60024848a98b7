import { describe, expect, it } from 'vitest'
import { redact } from '../../src/command/redact.js'

describe('redact()', () => {
  it.each([
    [
      'plain words and short numbers stay',
      'ERROR: You are not logged in (status 401).',
      'ERROR: You are not logged in (status 401).',
    ],
    ['an apostrophe', "it's gone", "it's gone"],
    ['blanks and line breaks become one', ' a\r\n\tb ', 'a b'],
    ['an API key', 'bad key sk-live-51Hx!', 'bad key …'],
    ['a JWT', 'token eyJhbGciOi.eyJzdWIi.c2ln refused', 'token … refused'],
    ['a bearer header', 'sent authorization: Bearer abc123', 'sent authorization: Bearer …'],
    ['an assignment', 'AWS_SECRET=hunter token=abc', '…'],
    ['a URL and a path', 'see https://u:p@host/x or /home/me/.token', 'see … or …'],
    ['a UUID', 'id 123e4567-e89b-12d3-a456-426614174000', 'id …'],
    ['a number of four digits', 'got 1234 of 999', 'got … of 999'],
    ['a word after password', 'password: hunter is wrong', 'password: … is wrong'],
    ['a word after a lone equals sign', 'Passphrase = horse', 'Passphrase …'],
    ['a short number after pin', 'your pin 123 failed', 'your pin … failed'],
    [
      'what follows other names of secrets',
      'secret a token b key c code d otp e passwd f',
      'secret … token … key … code … otp … passwd …',
    ],
    ['a long word', 'password correcthorsebatterystaple', 'password …'],
    ['mixed case', 'got AbCdEfGh', 'got …'],
    ['several in a row', 'a1 b2 c3 end', '… end'],
    ['other scripts', 'Schlüssel ключ', '…'],
    ['nothing', '', ''],
    ['words of no secret', 'It was here', 'It was here'],
    ['a value after an option and two blanks', 'run -p  hunter now', 'run … now'],
    ['a word after one with a hyphen', 'one non-empty walrus', 'one … walrus'],
    ['a number after the word status', 'token: (status): 401', 'token: (status): 401'],
    ['a number after a word that ends like status', 'token: substatus 401', 'token: …'],
    ['a number after a word that begins like http', 'token: https 401', 'token: https …'],
  ])('%s', (_, text, shown) => {
    expect(redact(text)).toBe(shown)
  })

  it('hides every word of a known secret, in any case and between any punctuation', () => {
    const secrets = ['Correct horse', '--password=hunter', 'x']
    expect(redact('The (Hunter), "correct" HORSE. is x today', secrets)).toBe('The … is … today')
  })

  it('cuts what is long, without half a secret at the end', () => {
    expect(redact('word '.repeat(100), [], 12)).toBe('word word wo…')
    const cutInside = `${'#### '.repeat(31)}hunter42`
    expect(cutInside.slice(0, 160)).toMatch(/hunte$/)
    expect(redact(cutInside, [], 10)).toBe('…')
    expect(redact(cutInside.slice(0, 160), [], 10)).toBe('… hunte')
    expect(redact('word', [], 4)).toBe('word')
    expect(redact(`word${' '.repeat(160)}a late secret`, [], 10)).toBe('word')
  })

  it('takes linear time', () => {
    // The shortest of many runs is compared with itself: a busy machine makes both longer.
    const shortestMs = (quotes: number) =>
      Math.min(
        ...Array.from({ length: 50 }, () => {
          const startedAtMs = performance.now()
          redact(`${"'".repeat(quotes)}#`)
          return performance.now() - startedAtMs
        }),
      )
    expect(shortestMs(4700)).toBeLessThan(40 * shortestMs(470))
  })
})

/** Texts in which `hunter`, or another plain word, is the secret. */
const texts = [
  'password is hunter',
  'access-token hunter',
  'Bearer hunter',
  'Authorization: Bearer hunter',
  'Authorization: Basic hunter',
  'authorization Negotiate hunter',
  'Digest hunter',
  'password was hunter',
  'the password should be hunter',
  'password equals hunter',
  'password -> hunter',
  'password => "hunter"',
  "the token's value: hunter",
  'token "hunter" was refused',
  "invalid token 'hunter'",
  'hunter is not a valid token',
  'hunter is the wrong password',
  'cannot log in with hunter as password',
  'Enter password:\nhunter',
  'password\n\n\thunter',
  'Password. hunter',
  'tried two passwords: other, hunter',
  'passphrase correct hunter battery staple',
  'PASSPHRASE (hunter)',
  'api_key hunter',
  'api-key: hunter',
  'apiKey hunter',
  'APIKEY hunter',
  'x-api-key hunter',
  'client_secret hunter',
  'clientSecret: hunter',
  'refresh_token is hunter',
  'GITHUB_TOKEN hunter',
  'PGPASSWORD hunter',
  'AWS_SECRET_ACCESS_KEY is hunter',
  'db.password hunter',
  'session id hunter',
  'sessionid hunter',
  'cookie: hunter',
  'set-cookie hunter',
  'jwt hunter',
  'signature hunter does not match',
  'sig hunter',
  'sas hunter',
  'pwd hunter',
  'passwd hunter',
  'user bob pass hunter',
  'pin is 123',
  'otp 123',
  'verification code 123',
  'credentials hunter',
  'creds: hunter',
  'secret hunter',
  'secrets are hunter and other',
  'key hunter',
  'private key hunter',
  '--password hunter',
  '--auth-token hunter',
  '-p hunter',
  'usage: tool --db hunter',
  'code hunter',
  'Passwort: hunter',
  'mot de passe : hunter',
  'contraseña hunter',
  'пароль hunter',
  '密码 hunter',
]

describe('redact() hides the secret in', () => {
  it.each(texts)('%s', (text) => {
    for (const word of ['hunter', 'Hunter', 'HUNTER', 'walrus']) {
      const shown = redact(text.replaceAll('hunter', word))
      expect(shown).not.toContain(word)
      expect(shown).not.toContain('123')
    }
  })
})

describe('redact() keeps what helps in', () => {
  it.each([
    [
      'ERROR: The token is expired. Please log in again.',
      'ERROR: The token is expired. Please log in again.',
    ],
    ['invalid password for user bob', 'invalid password for user …'],
    ['no token found for github.com (HTTP 401)', 'no token found for … (HTTP 401)'],
    ['secret not found: permission denied', 'secret not found: permission denied'],
    ['access token request failed with status 503', 'access token request failed with status 503'],
    ['Your session has expired; run: gcloud auth login', 'Your session has expired; run: gcloud auth login'],
    ['The country is unknown to walrus', 'The country is unknown to walrus'],
    ['connection to host refused, monkey business', 'connection to host refused, monkey business'],
  ])('%s', (text, shown) => {
    expect(redact(text)).toBe(shown)
  })
})
