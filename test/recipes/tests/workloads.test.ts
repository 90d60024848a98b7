import { rmSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { startWorkloadLab } from '../support/workload-lab.js'

const lab = await startWorkloadLab(() => new Date())
const bedrock = 'bedrock-runtime.us-east-1.amazonaws.com'
const vertexPath = '/v1/projects/my-project/locations/global/endpoints/openapi/models'
const pool = 'projects/1/locations/global/workloadIdentityPools/my-pool/providers/github'
const idFor = (audience: string) =>
  `GET github.example/id?api-version=2.0&${new URLSearchParams({ audience })}`

const message = `export const send = () => client.messages.create({
  model: 'claude-sonnet-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }],
})`
const list = 'export const send = () => client.models.list()'

/** One recipe: its code, and the requests of a cold call and of a renewal. */
interface Recipe {
  readonly page: string
  readonly block?: number
  /** Code that exports `send`. */
  readonly more: string
  readonly exchange: readonly string[]
  readonly api: string
}

const recipes: readonly Recipe[] = [
  {
    page: 'docs/recipes/github-actions-anthropic.md',
    more: message,
    exchange: [idFor('https://api.anthropic.com'), 'POST api.anthropic.com/v1/oauth/token'],
    api: 'POST api.anthropic.com/v1/messages',
  },
  {
    page: 'docs/recipes/kubernetes-openai.md',
    more: list,
    exchange: ['POST auth.openai.com/oauth/token'],
    api: 'GET api.openai.com/v1/models',
  },
  {
    page: 'docs/recipes/github-actions-bedrock.md',
    more: "export const send = () => fetch(url, { method: 'POST', headers, body })",
    exchange: [idFor('sts.amazonaws.com'), 'POST sts.us-east-1.amazonaws.com/'],
    api: `POST ${bedrock}/model/amazon.nova-micro-v1:0/converse`,
  },
  {
    page: 'docs/recipes/github-actions-bedrock.md',
    block: 1,
    more: `export const send = () => fetch('https://${bedrock}/model/m/converse', { method: 'POST', body: '{}' })`,
    exchange: [idFor('sts.amazonaws.com'), 'POST sts.us-east-1.amazonaws.com/'],
    api: `POST ${bedrock}/model/m/converse`,
  },
  {
    page: 'docs/recipes/gcp-vertex.md',
    more: list,
    exchange: ['GET metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'],
    api: `GET aiplatform.googleapis.com${vertexPath}`,
  },
  {
    page: 'docs/recipes/gcp-vertex.md',
    block: 1,
    more: `import { gcpAccessToken } from '@outbound-auth/workload-identity/node'
export const send = () => fetch('https://aiplatform.googleapis.com${vertexPath}')`,
    exchange: ['GET metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'],
    api: `GET aiplatform.googleapis.com${vertexPath}`,
  },
  {
    page: 'docs/recipes/gcp-vertex.md',
    block: 2,
    more: `export const send = () => fetch('https://aiplatform.googleapis.com${vertexPath}')`,
    exchange: [
      idFor(`https://iam.googleapis.com/${pool}`),
      'POST sts.googleapis.com/v1/token',
      'POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/agent%40my-project.iam.gserviceaccount.com:generateAccessToken',
    ],
    api: `GET aiplatform.googleapis.com${vertexPath}`,
  },
]

describe.each(recipes)('$page, block $block', ({ page, block = 0, more, exchange, api }) => {
  const open = async () => (await lab.run(page, block, more))['send'] as () => Promise<unknown>

  it('exchanges once for all requests, and once more for all that are rejected', async () => {
    const send = await open()
    // The code of the page may have sent a request itself.
    const before = lab.sent.length > 0 ? [...exchange, api] : []
    expect(lab.sent).toEqual(before)
    await Promise.all(Array.from({ length: 5 }, send))
    expect(lab.sent).toEqual([...exchange, ...Array(before.length > 0 ? 6 : 5).fill(api)])
    const seen = lab.sent.length
    lab.replaceFile('subject-of-file-1')
    lab.revoke()
    await send()
    expect(lab.sent.slice(seen)).toEqual([api, ...exchange, api])
  })
})

it.each([0, 2])(
  'recipes of GitHub Actions: a job without the permission sends nothing (%i)',
  async (index) => {
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', undefined)
    const { page, more } = recipes[index] as Recipe
    const error = await lab
      .run(page, 0, more)
      .then(({ send }) => (send as () => Promise<unknown>)())
      .then(
        () => expect.unreachable('a request was sent'),
        (reason: Error) => reason,
      )
    expect(String((error.cause as Error | undefined)?.message ?? error.message)).toContain(
      'ACTIONS_ID_TOKEN_REQUEST_URL is not set. The job needs the permission id-token: write',
    )
    expect(lab.sent).toEqual([])
  },
)

it('docs/recipes/kubernetes-openai.md: the file that Kubernetes replaces is read for each exchange', async () => {
  const { page, more } = recipes[1] as Recipe
  lab.replaceFile('subject-of-file-2')
  const send = (await lab.run(page, 0, more))['send'] as () => Promise<unknown>
  await send()
  lab.replaceFile('subject-of-file-3')
  lab.revoke()
  await send()
  const subjects = lab.requestsTo('auth.openai.com').map(({ members }) => members['subject_token'])
  expect(subjects).toEqual(['subject-of-file-2', 'subject-of-file-3'])
  rmSync(lab.tokenFile)
  lab.revoke()
  const error = await send().then(
    () => expect.unreachable('a request was sent'),
    (reason: Error) => reason,
  )
  expect(error.cause ?? error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT' })
})
