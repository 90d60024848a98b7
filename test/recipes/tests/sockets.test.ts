import { expect } from 'vitest'
import { startLab } from '../support/lab.js'
import { describeRecipe } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })

describeRecipe(lab, {
  page: 'docs/recipes/websocket.md',
  sends: 'GET /v1/realtime',
  values: { data: 'echo hello' },
  recovers: true,
})

describeRecipe(lab, {
  page: 'docs/recipes/websocket.md',
  block: 1,
  sends: 'GET /v1/realtime',
  values: { data: expect.objectContaining({ length: 10 }) },
  recovers: true,
  outage: 'ERR_AUTH_SOURCE',
})
