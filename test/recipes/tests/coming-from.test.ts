import { expect } from 'vitest'
import { startLab } from '../support/lab.js'
import { describeRecipe, itWorks } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })
const sends = 'GET /v1/models'
const ok = { sends, values: { status: 200 } }
const listed = { sends, values: { models: expect.objectContaining({ data: [{ id: 'm' }] }) } }
const recovers = { recovers: true, outage: 'ERR_AUTH_SOURCE' }

itWorks(lab, { page: 'docs/coming-from/apikey-function.md', ...listed })
describeRecipe(lab, { page: 'docs/coming-from/apikey-function.md', block: 1, ...listed, ...recovers })

const bedrock = { sends: 'GET /openai/v1/models', values: { status: 200 } }
itWorks(lab, { page: 'docs/coming-from/aws4fetch.md', ...bedrock })
describeRecipe(lab, {
  page: 'docs/coming-from/aws4fetch.md',
  block: 1,
  ...bedrock,
  recovers: true,
  outage: 'ERR_AUTH_CREDENTIAL',
})

itWorks(lab, { page: 'docs/coming-from/google-auth-library.md', ...ok })
describeRecipe(lab, { page: 'docs/coming-from/google-auth-library.md', block: 1, ...ok, ...recovers })
describeRecipe(lab, {
  page: 'docs/coming-from/google-auth-library.md',
  block: 2,
  ...ok,
  recovers: true,
  outage: 'ERR_AUTH_COMMAND_FAILED',
})

itWorks(lab, { page: 'docs/coming-from/hand-written-wrapper.md', ...ok })
describeRecipe(lab, { page: 'docs/coming-from/hand-written-wrapper.md', block: 1, ...ok, ...recovers })

itWorks(lab, { page: 'docs/coming-from/axios-interceptor.md', ...ok })
describeRecipe(lab, { page: 'docs/coming-from/axios-interceptor.md', block: 1, ...ok, ...recovers })

describeRecipe(lab, {
  page: 'docs/coming-from/azure-identity.md',
  block: 1,
  ...ok,
  recovers: true,
  outage: 'ERR_AUTH_OAUTH_UNAVAILABLE',
})
