import { expect, it } from 'vitest'
import { checkCredentials } from '../../src/credentials/aws-credentials.js'

it.each([
  [() => ({}), 'credentials is a function: await it, credentials: await source()'],
  [Promise.resolve({}), 'credentials is a promise: await it'],
])('checkCredentials() names its option: %o', (credentials, why) => {
  expect(() => checkCredentials(credentials as never)).toThrow(
    expect.objectContaining({ option: 'credentials', message: `Cannot sign request: ${why}` }),
  )
})
