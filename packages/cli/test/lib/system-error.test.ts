import { AuthError } from '@outbound-auth/core'
import { describe, expect, test } from 'vitest'
import { reportError } from '../../src/context/error-report.js'
import { systemProblem } from '../../src/lib/system-error.js'

/** As Node makes them: the text quotes the path. */
function systemError(code: string, syscall: string): Error {
  const path = '/planted-secret'
  return Object.assign(new Error(`${code}: some text, ${syscall} '${path}'`), { code, syscall, path })
}

describe('reportError() names code and system call of', () => {
  test.each([
    ['ENOSPC', 'write', 'ENOSPC (write: no space left on device)'],
    ['EROFS', 'mkdtemp', 'EROFS (mkdtemp: read-only file system)'],
    ['EACCES', 'open', 'EACCES (open: permission denied)'],
    ['ENOENT', 'uv_cwd', 'ENOENT (uv_cwd: no such file or directory)'],
    ['EMFILE', 'spawn /planted-secret', 'EMFILE (spawn: too many open files)'],
  ])('%s in %s, and not of a bug', (code, syscall, problem) => {
    const thrown = systemError(code, syscall)
    for (const error of [thrown, new Error('planted-secret', { cause: thrown })]) {
      const { report, exitCode } = reportError(error)
      expect([report.code, report.class, exitCode]).toEqual(['ERR_CLI_SYSTEM', 'system', 71])
      expect(report.message).toContain(`The system does not let this command do its work: ${problem}. `)
      expect(JSON.stringify(report)).not.toMatch(/planted|report it/)
    }
  })

  test('the cause of an AuthError whose message does not have it', () => {
    const options = { code: 'ERR_AUTH_MISSING_FILE', cause: systemError('EACCES', 'open') } as const
    const short = AuthError.build('Cannot read the token', options)
    expect(reportError(short).report.message).toMatch(
      /^Cannot read the token: EACCES \((?:open: )?permission denied\)\. Create/,
    )
    const whole = AuthError.build('Cannot read the token: EACCES', options)
    expect(reportError(whole).report.message).toMatch(/^Cannot read the token: EACCES\. Create/)
    const bare = AuthError.build('Cannot sign', { code: 'ERR_AUTH_CREDENTIAL' })
    expect(reportError(bare).report.message).toMatch(/^Cannot sign\. Correct the token/)
  })
})

test('systemProblem() finds none in other values, however they refer to themselves', () => {
  const circular: { cause?: unknown } = {}
  circular.cause = circular
  const others = [
    undefined,
    null,
    'ENOENT',
    new Error('x'),
    { code: 'ERR_AUTH_X' },
    { code: 7 },
    { code: 'EPLANTED' },
    circular,
  ]
  expect(others.map((value) => systemProblem(value))).toEqual(others.map(() => undefined))
})

test.each([
  [4, 'ENOSPC (write: no space left on device)'],
  [5, undefined],
])('systemProblem() looks through %i errors around the cause: %s', (wrappers, expected) => {
  let error: unknown = systemError('ENOSPC', 'write')
  for (let index = 0; index < wrappers; index++) error = new Error('planted', { cause: error })
  expect(systemProblem(error)).toBe(expected)
})
