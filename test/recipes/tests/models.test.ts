import { expect } from 'vitest'
import { startLab } from '../support/lab.js'
import { describeRecipe } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })

describeRecipe(lab, {
  page: 'docs/recipes/openai.md',
  sends: 'POST /v1/chat/completions',
  values: { choices: [{ message: { content: 'hello' } }] },
  recovers: true,
  outage: 'ERR_AUTH_COMMAND_FAILED',
})

describeRecipe(lab, {
  page: 'docs/recipes/anthropic.md',
  sends: 'POST /v1/messages',
  values: { content: [{ type: 'text', text: 'hello' }] },
  recovers: true,
  outage: 'ERR_AUTH_SOURCE',
})

describeRecipe(lab, {
  page: 'docs/recipes/ai-sdk.md',
  sends: 'POST /v1/chat/completions',
  values: { text: 'hello' },
  recovers: true,
  outage: 'ERR_AUTH_OAUTH_UNAVAILABLE',
})

describeRecipe(lab, {
  page: 'docs/recipes/mcp.md',
  sends: 'POST /mcp',
  values: { tools: [expect.objectContaining({ name: 'search' })] },
  recovers: true,
  requests: 4,
  outage: 'ERR_AUTH_OAUTH_UNAVAILABLE',
})
