import { expect, it } from 'vitest'
import { loadPart } from '../../src/lib/load-part.js'

it('loadPart() gives the module, or says that it cannot be loaded, and keeps the cause', async () => {
  expect(await loadPart(async () => 'module')).toBe('module')
  const cause = Object.assign(new TypeError('planted'), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadPart(() => Promise.reject(cause))).rejects.toMatchObject({
    kind: 'transient',
    code: 'ERR_AUTH_LOAD',
    message:
      'Cannot load the code that this request needs: if a new version of the app was deployed, reload it',
    cause: { name: 'TypeError', code: 'ERR_MODULE_NOT_FOUND' },
  })
})
