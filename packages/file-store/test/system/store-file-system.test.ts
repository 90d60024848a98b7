import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { errnoOf, nodeFileSystem, unless } from '../../src/system/store-file-system.js'
import { failing } from '../fake-file-system.js'
import { temporaryFolder } from '../temporary-folder.js'

it.skipIf(process.platform === 'win32')(
  'open() of nodeFileSystem does not wait for the writer of a pipe that has just taken the place of a file',
  async () => {
    const path = join(await temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [path])
    // More than there are threads.
    const handles = await Promise.all(Array.from({ length: 8 }, () => nodeFileSystem.open(path, 'r')))
    for (const handle of handles) {
      expect((await handle.stat()).size).toBe(0)
      await handle.close()
    }
  },
)

it.each<[unknown, string | undefined]>([
  [{ code: 'ENOENT' }, 'ENOENT'],
  [{ code: 'E2BIG' }, 'E2BIG'],
  [{ code: 'E' }, undefined],
  [{ code: 'ERR_INVALID_ARG' }, undefined],
  [{ code: 'XENOENT' }, undefined],
  [{ code: 'ENOent' }, undefined],
  [{ code: 'ENOENT ' }, undefined],
  [{ code: 20 }, undefined],
  [{ code: ['ENOENT'] }, undefined],
  [{}, undefined],
  [null, undefined],
  [undefined, undefined],
  ['ENOENT', undefined],
])('errnoOf() of %j is %s', (error, errno) => {
  expect(errnoOf(error)).toBe(errno)
})

it('unless() turns failures with these codes into undefined, and no others', async () => {
  expect(await unless(['ENOENT', 'EIO'], failing('EIO')())).toBeUndefined()
  expect(await unless(['ENOENT'], Promise.resolve(7))).toBe(7)
  await expect(unless(['ENOENT'], failing('EIO')())).rejects.toMatchObject({ code: 'EIO' })
  await expect(unless(['ENOENT'], Promise.reject(undefined))).rejects.toBeUndefined()
})
