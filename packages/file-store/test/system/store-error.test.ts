import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { attempt, lockLostError } from '../../src/system/store-error.js'
import { failing } from '../fake-file-system.js'

const failureOf = (work: () => Promise<unknown>) =>
  attempt('read', '/a/b.json', work).then(
    () => undefined,
    (error: unknown) => error,
  )

describe('attempt()', () => {
  it.each([
    ...['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'ENOENT'].map(
      (errno) => [errno, 'build', 'ERR_AUTH_STORE_ACCESS'],
    ),
    ...['EIO', 'ENOSPC', 'EBUSY', 'EMFILE', 'ESTALE', 'E2BIG'].map((errno) => [
      errno,
      'transient',
      'ERR_AUTH_STORE_IO',
    ]),
  ])('turns %s into an error of kind %s', async (errno = '', kind = '', code = '') => {
    const error = await failureOf(failing(errno))
    expect(error).toMatchObject({ kind, code, message: `Cannot read /a/b.json: ${errno}` })
    expect((error as Error).cause).toMatchObject({ name: 'Error', code: errno })
  })

  it.each([
    ['an AuthError', AuthError.build('no', { code: 'ERR_AUTH_X' })],
    ['an AuthError with the code of a system call', AuthError.build('no', { code: 'EIO' as never })],
    ['an error of Node', Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG' })],
    ['an error without code', new Error('no')],
    ['undefined', undefined],
  ])('passes on %s', async (_, thrown) => {
    expect(await failureOf(() => Promise.reject(thrown))).toBe(thrown)
  })

  it('returns what the work returns', async () => {
    expect(await attempt('read', '/a', async () => 7)).toBe(7)
  })
})

it('lockLostError() says what happened', () => {
  expect(lockLostError('/a/b.json')).toMatchObject({
    kind: 'transient',
    code: 'ERR_AUTH_STORE_LOCK_LOST',
    message:
      'Cannot write /a/b.json: this process gave no sign of life for so long that another one took the lock',
  })
})
