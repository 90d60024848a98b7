import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSharedProfile } from '../../src/credentials/read-shared-profile.js'

let folder: string
let files: { credentials: string; config: string }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  files = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
})
afterEach(() => rmSync(folder, { recursive: true }))

it('readSharedProfile() takes a bracket inside a value for a part of that value', async () => {
  writeFileSync(files.config, '[profile x]\nfirst = [profile y]\nsecond = 2\nthird=[profile y]\nfourth = 4\n')
  expect(await readSharedProfile('x', files)).toEqual({
    first: '[profile y]',
    second: '2',
    third: '[profile y]',
    fourth: '4',
  })
})

it.each([
  'a=1',
  'a = 1',
  'a\t=\t 1 \t',
  'A  =  1\r',
  'a = 1 # a comment',
  'a = 1  ;a comment',
  'a = 0\na = 1',
  'a = 1\n b = nested',
  'a = 1\nb =\n= c\nd\ne.f = g\n# h = i',
  'a = 1\n[profile y]\na = 2\nb = 3',
  '[profile y]\na = 2\nb = 3\n[profile x]\na = 1',
])('readSharedProfile() finds one setting in %j', async (lines) => {
  writeFileSync(files.config, `b = before\n[profile x]\n${lines}\n`)
  expect(await readSharedProfile('x', files)).toEqual({ a: '1' })
})

it('readSharedProfile() keeps values with spaces, equals signs and comment signs inside', async () => {
  writeFileSync(files.credentials, '[x]\none-1 = a#b;c\ntwo_2 = a  b\nthree = a = b\n[y]\n[x]\nfour = 4\n')
  expect(await readSharedProfile('x', files)).toEqual({
    'one-1': 'a#b;c',
    two_2: 'a  b',
    three: 'a = b',
    four: '4',
  })
})

it.each([
  ['x', ' [profile x]', { a: '1' }],
  ['x', '\t \t[ profile \t x ] # a comment', { a: '1' }],
  ['x', '[profile "x"]', { a: '1' }],
  ['two words', '[profile two   words]', { a: '1' }],
  ['default', '[default]', { a: '1' }],
  ['default', '[profile default]', { a: '1' }],
  ['x', '[x]', undefined],
  ['x', '[]profile x]', undefined],
  ['x', '[profile x', undefined],
  ['x', 'in [profile x]', undefined],
  ['x', 'in[profile x]', undefined],
  ['x y', '[profile "x" y]', undefined],
  ['my profile x', '[profile my profile "x"]', undefined],
  ['x', '[profile y]', undefined],
])(
  'readSharedProfile() looks for profile %s under %j of the config file',
  async (profile, section, found) => {
    writeFileSync(files.config, `${section}\na = 1\n`)
    expect(await readSharedProfile(profile, files)).toEqual(found)
  },
)

it('readSharedProfile() looks in the credentials file for the bare name, whose settings win', async () => {
  writeFileSync(files.credentials, '[x]\na = 1\n[profile y]\na = 2\n')
  writeFileSync(files.config, '[profile x]\na = 3\nb = 4\n')
  expect(await readSharedProfile('x', files)).toEqual({ a: '1', b: '4' })
  expect(await readSharedProfile('y', files)).toBeUndefined()
})

it('readSharedProfile() returns an empty profile without settings, and undefined without files', async () => {
  expect(await readSharedProfile('x', files)).toBeUndefined()
  writeFileSync(files.config, '[profile x]\n')
  expect(await readSharedProfile('x', files)).toEqual({})
})
