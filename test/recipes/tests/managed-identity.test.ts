import { beforeEach, expect, vi } from 'vitest'
import { startLab } from '../support/lab.js'
import { itWorks } from '../support/recipe.js'

// @azure/identity caches the token of a managed identity for the whole process.
const lab = await startLab({ now: new Date(), keepsToken: true })
beforeEach(() => {
  vi.stubEnv('IDENTITY_ENDPOINT', `http://${lab.host}/identity`)
  vi.stubEnv('IDENTITY_HEADER', 'header-1')
})

const listed = { models: expect.objectContaining({ data: [{ id: 'm' }] }) }
const sends = 'GET /openai/v1/models?api-version=2025-04-01-preview'
itWorks(lab, { page: 'docs/coming-from/azure-ad-token-provider.md', sends, values: listed })
itWorks(lab, { page: 'docs/coming-from/azure-ad-token-provider.md', block: 1, sends, values: listed })
itWorks(lab, {
  page: 'docs/coming-from/azure-identity.md',
  block: 2,
  sends: 'GET /v1/models',
  values: { status: 200 },
})
