import { toAuthHeaders } from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { accountBearerAuth } from '../../src/chatgpt/account-bearer-auth.js'

const token = 'planted-account-secret'

describe('accountBearerAuth() keeps the contract of AuthProvider:', () => {
  const create = () => accountBearerAuth({ token, accountId: 'acct-1', fedramp: true })
  for (const { name, run } of checkAuthProvider({ create, secrets: [token] })) it(name, run)
})

it('accountBearerAuth() sends the account wherever the token goes, also an empty one', () => {
  expect(toAuthHeaders(accountBearerAuth({ token, accountId: '' }))).toEqual({
    authorization: `Bearer ${token}`,
    'chatgpt-account-id': '',
  })
  expect(toAuthHeaders(accountBearerAuth({ token }))).toEqual({ authorization: `Bearer ${token}` })
})
