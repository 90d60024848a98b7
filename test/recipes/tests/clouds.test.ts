import { startLab } from '../support/lab.js'
import { describeRecipe } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })

describeRecipe(lab, {
  page: 'docs/recipes/aws-sdk.md',
  sends: 'POST /model/amazon.nova-micro-v1%3A0/converse',
  values: { output: { message: { content: [{ text: 'hello' }] } } },
  recovers: true,
  outage: 'ERR_AUTH_SIGV4_CREDENTIALS',
})

describeRecipe(lab, {
  page: 'docs/recipes/azure-sdk.md',
  sends: "GET /indexes('books')/docs('1')?api-version=2026-04-01",
  values: { book: { id: '1' } },
  recovers: true,
  outage: 'ERR_AUTH_COMMAND_FAILED',
})

describeRecipe(lab, {
  page: 'docs/recipes/grpc.md',
  sends: 'POST /health.Health/Check',
  values: { reply: Buffer.alloc(0) },
  recovers: false,
})
