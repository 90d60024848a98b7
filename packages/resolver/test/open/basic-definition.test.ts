import { basicAuth } from '@outbound-auth/api-key'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { createResolver } from '../../src/index.js'

const baseUrl = 'https://registry.example.com'

it('a definition of kind basic takes its password from a variable', async () => {
  const env = { PASSWORD: 'pässword' }
  const { resolve } = createResolver({ basic: basicAuth }, { env })
  const auth = await resolve({ kind: 'basic', user: 'ci', password: { env: 'PASSWORD' }, baseUrl })
  const sent = await applyAuth(auth.provider, { method: 'GET', url: baseUrl, headers: createHeaderMap() })
  const pair = sent.headers.get('authorization')?.replace('Basic ', '') ?? ''
  expect(Buffer.from(pair, 'base64').toString()).toBe('ci:pässword')
  expect(auth.reason).toBe(
    'basic in header authorization from environment variable PASSWORD, for https://registry.example.com',
  )
})
