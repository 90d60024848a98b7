import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { createResolver } from '../src/index.js'

it('createResolver() resolves a key from the environment and says so', async () => {
  const resolver = createResolver(
    { bearer: bearerAuth, 'api-key': apiKeyAuth },
    { env: { ANTHROPIC_API_KEY: ' k1\n' } },
  )
  const auth = await resolver.resolve({
    kind: 'api-key',
    key: { env: 'ANTHROPIC_API_KEY' },
    header: 'x-api-key',
    baseUrl: 'https://api.anthropic.com',
  })
  const url = 'https://api.anthropic.com/v1/messages'
  const request = await applyAuth(auth.provider, { method: 'POST', url, headers: createHeaderMap() })
  expect(request.headers.get('x-api-key')).toBe('k1')
  expect(auth.reason).toBe(
    'api-key in header x-api-key from environment variable ANTHROPIC_API_KEY, for https://api.anthropic.com',
  )
})
