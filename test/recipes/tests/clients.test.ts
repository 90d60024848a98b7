import { startLab } from '../support/lab.js'
import { describeRecipe } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })
const models = { object: 'list', data: [{ id: 'm' }] }

describeRecipe(lab, {
  page: 'docs/recipes/axios.md',
  sends: 'GET /v1/models',
  values: { data: models },
  recovers: true,
  outage: 'ERR_AUTH_OAUTH_UNAVAILABLE',
})

describeRecipe(lab, {
  page: 'docs/recipes/ky.md',
  sends: 'GET /v1/models',
  values: { models },
  recovers: true,
  outage: 'ERR_AUTH_SOURCE',
})

describeRecipe(lab, {
  page: 'docs/recipes/octokit.md',
  sends: 'GET /user',
  values: { data: { login: 'octocat' } },
  recovers: true,
  outage: 'ERR_AUTH_COMMAND_FAILED',
})
