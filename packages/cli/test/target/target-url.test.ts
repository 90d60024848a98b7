import { expect, test } from 'vitest'
import { CommandError } from '../../src/lib/command-error.js'
import { checkPath, isUrl, joinUrl, parseUrl } from '../../src/target/target-url.js'

test('joinUrl() puts exactly one slash between base URL and path, and never leaves the origin', () => {
  const cases: readonly [base: string, path: string, url: string][] = [
    ['https://a.example/v1', 'models', 'https://a.example/v1/models'],
    ['https://a.example/v1/', '/models', 'https://a.example/v1/models'],
    ['https://a.example', 'models?x=1', 'https://a.example/models?x=1'],
    ['https://a.example', '//evil.example/x', 'https://a.example/evil.example/x'],
    ['https://a.example', '@evil.example', 'https://a.example/@evil.example'],
    ['https://a.example/v1', '../../x', 'https://a.example/x'],
    ['https://a.example/v1', '\\\\evil.example', 'https://a.example/v1///evil.example'],
    ['https://a.example/v1', 'models/gemini:generate', 'https://a.example/v1/models/gemini:generate'],
  ]
  for (const [base, path, url] of cases) expect(joinUrl(base, path)).toBe(url)
})

test('isUrl() takes only what has :// for a URL', () => {
  expect(['https://a.example', 'HTTP://a', 'file:///x', 'a://b'].map(isUrl)).toEqual([true, true, true, true])
  expect(['models', '/v1/models', 'a:b', 'localhost:1/x', '//a.example', '1://x'].map(isUrl)).toEqual(
    Array(6).fill(false),
  )
})

test('parseUrl() rejects what is not http(s), or holds a password, without showing it', () => {
  expect(parseUrl('https://a.example/x').href).toBe('https://a.example/x')
  for (const bad of [
    'ftp://a.example',
    'http://',
    'https://user:SECRET@a.example',
    'https://user@a.example',
  ]) {
    try {
      parseUrl(bad)
      expect.unreachable(bad)
    } catch (error) {
      expect(error).toBeInstanceOf(CommandError)
      expect((error as Error).message).not.toContain('SECRET')
    }
  }
})

test('checkPath() rejects a host without http://', () => {
  expect(() => checkPath('localhost:8080/x')).toThrow('localhost:8080 looks like a host')
  expect(() => checkPath('api.example.com:443')).toThrow('looks like a host')
  for (const path of ['models', 'v1/a:1', 'a:b/c', '/x:1']) checkPath(path)
})

test('checkPath() rejects a URL whose scheme was forgotten, and takes methods and files for paths', () => {
  const hosts = [
    'api.openai.com/v1/models',
    'api.openai.com',
    'localhost',
    '127.0.0.1/x',
    '[::1]:8080',
    'a.b.example/x',
  ]
  for (const path of hosts) expect(() => checkPath(path), path).toThrow('did you forget https://')
  for (const path of ['//a.example/x', '\\\\a.example', '/\\a.example'])
    expect(() => checkPath(path), path).toThrow('has no scheme: did you forget https:// before it?')
  for (const path of ['chat.postMessage', 'models.json', '/api.openai.com', 'v1.0/x', 'a.b/c', 'Models.com'])
    checkPath(path)
})

test('checkPath() rejects dot segments that lead above the base URL, however they are written', () => {
  const outside = [
    '..',
    '.. ',
    '../x',
    '/../x',
    'a/../../x',
    './../x',
    '%2e%2e/x',
    '.%2E/x',
    '..\\x',
    '.\t./x',
    '..%2fx',
    'a/..%2F..%2fx',
    '%2e%2e%5Cx',
    '../a/x',
    '../b/x',
    '..?x=1',
  ]
  for (const path of outside) expect(() => checkPath(path), path).toThrow('The path leaves the base URL')
  for (const path of ['a/../b', 'a/..', '.', './x', '..x', 'a..', '...', 'x?y=../../..', 'x#../..', 'a%2Fb'])
    checkPath(path)
})
