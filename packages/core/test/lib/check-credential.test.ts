import { describe, expect, it } from 'vitest'
import { createHeaderMap } from '../../src/index.js'
import { checkCredential } from '../../src/lib/check-credential.js'
import type { HeaderMapInit } from '../../src/provider.js'

function check(
  names: { headerNames: readonly string[]; queryNames?: readonly string[] },
  headers: HeaderMapInit = {},
  query = '',
): void {
  const request = { method: 'GET', url: `https://a.example/${query}`, headers: createHeaderMap(headers) }
  checkCredential({ kind: 'test', addAuthHeaders() {}, ...names }, request)
}

const header = { headerNames: ['x-key', 'x-account'] }
const query = { headerNames: [], queryNames: ['key', 'sig'] }
const both = { ...header, ...query, headerNames: ['x-key'] }

describe('checkCredential()', () => {
  it.each<[string, Parameters<typeof check>]>([
    ['the first declared header', [header, { 'x-key': 'k' }]],
    ['any declared parameter', [query, {}, '?sig=1']],
    ['either of both: the header', [both, { 'x-key': 'k' }]],
    ['either of both: the parameter', [both, {}, '?key=1']],
    ['nothing, where nothing is declared', [{ headerNames: [] }]],
    ['nothing, where the lists are empty', [{ headerNames: [], queryNames: [] }]],
  ])('is content with %s', (_, given) => {
    expect(() => check(...given)).not.toThrow()
  })

  it.each<[string, Parameters<typeof check>]>([
    ['no header', [header]],
    ['only another declared header', [header, { 'x-account': 'a' }]],
    ['an empty header', [header, { 'x-key': '' }]],
    ['whitespace in the header', [header, { 'x-key': ' ' }]],
    ['no parameter', [query, { 'x-key': 'k' }]],
    ['an empty parameter', [query, {}, '?key=&sig']],
    ['neither of both', [both, {}, '?other=1']],
  ])('rejects a request with %s', (_, given) => {
    expect(() => check(...given)).toThrow(
      expect.objectContaining({
        kind: 'build',
        code: 'ERR_AUTH_PROVIDER',
        provider: 'test',
        message: 'The test provider left the request without a credential',
      }),
    )
  })
})
