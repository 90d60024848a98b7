import { asTokenSupplier } from '@outbound-auth/core'
import type { AwsKindCredentials } from '../../kinds/aws-credentials.js'
import { dummy } from '../../kinds/credentials.js'
import type { Lab, Row, TriedClient } from '../../row.js'
import { untold } from './openai-rows.js'

interface AiModule {
  generateText(options: object): PromiseLike<{ text: string }>
  streamText(options: object): { textStream: AsyncIterable<string> }
}

const versions = {
  'ai 7': () => import('ai'),
  'ai 6': () => import('ai6'),
  'ai 5': () => import('ai5'),
}

function over({ generateText, streamText }: AiModule, model: unknown): TriedClient {
  const asked = { model, prompt: 'hi', maxRetries: 0 }
  return {
    call: async (abortSignal) => (await generateText({ ...asked, ...(abortSignal && { abortSignal }) })).text,
    async stream(seen) {
      let text = ''
      for await (const piece of streamText(asked).textStream) {
        text += piece
        seen()
      }
      return text
    },
  }
}

function row(
  version: keyof typeof versions,
  provider: string,
  model: (lab: Lab) => Promise<unknown>,
  glue: string,
  others: Partial<Row> = {},
): Row {
  return {
    via: 'authFetch',
    glue,
    ...(version === 'ai 7' && { needsNode: 22 }),
    ...others,
    client: `${version} + ${provider}`,
    open: async (lab) => over((await versions[version]()) as unknown as AiModule, await model(lab)),
  }
}

const base = ({ fetch, origin }: Lab) => ({ apiKey: dummy, baseURL: `${origin}/v1`, fetch })
const bedrock = ({ fetch, origin }: Lab) => ({ region: 'us-east-1', baseURL: origin, fetch })

/** The AI SDK with its providers. */
export const aiRows: readonly Row[] = [
  row(
    'ai 7',
    '@ai-sdk/openai',
    async (lab) => (await import('@ai-sdk/openai')).createOpenAI(base(lab)).responses('model-1'),
    'createOpenAI({ apiKey, fetch })',
    { isCommon: true },
  ),
  row(
    'ai 7',
    '@ai-sdk/anthropic',
    async (lab) => (await import('@ai-sdk/anthropic')).createAnthropic(base(lab))('model-1'),
    'createAnthropic({ apiKey, fetch })',
  ),
  row(
    'ai 7',
    '@ai-sdk/azure',
    async (lab) =>
      (await import('@ai-sdk/azure')).createAzure({ ...base(lab), baseURL: `${lab.origin}/openai` })(
        'model-1',
      ),
    'createAzure({ apiKey, fetch })',
  ),
  row(
    'ai 7',
    '@ai-sdk/azure tokenProvider',
    async ({ auth, origin }) =>
      (await import('@ai-sdk/azure')).createAzure({
        tokenProvider: asTokenSupplier(auth),
        baseURL: `${origin}/openai`,
      })('model-1'),
    'createAzure({ tokenProvider: asTokenSupplier(auth) })',
    { via: 'asTokenSupplier', kinds: ['bearer'], exceptions: [untold] },
  ),
  row(
    'ai 7',
    '@ai-sdk/amazon-bedrock, dummy key',
    async (lab) =>
      (await import('@ai-sdk/amazon-bedrock')).createAmazonBedrock({ ...bedrock(lab), apiKey: dummy })(
        'model-1',
      ),
    'createAmazonBedrock({ region, apiKey, fetch })',
  ),
  row(
    'ai 7',
    '@ai-sdk/amazon-bedrock, dummy keys',
    async (lab) =>
      (await import('@ai-sdk/amazon-bedrock')).createAmazonBedrock({
        ...bedrock(lab),
        accessKeyId: dummy,
        secretAccessKey: dummy,
      })('model-1'),
    'createAmazonBedrock({ region, accessKeyId, secretAccessKey, fetch })',
  ),
  row(
    'ai 7',
    '@ai-sdk/amazon-bedrock credentialProvider',
    async ({ credentials, origin }) =>
      (await import('@ai-sdk/amazon-bedrock')).createAmazonBedrock({
        region: 'us-east-1',
        baseURL: origin,
        credentialProvider: (credentials as AwsKindCredentials).source,
      })('model-1'),
    'createAmazonBedrock({ region, credentialProvider: awsCredentials() })',
    {
      via: 'awsCredentials',
      kinds: ['sigv4'],
      exceptions: [
        {
          columns: ['R'],
          why: 'the provider does not tell its credential function of a rejection; pass authFetch as its fetch instead',
        },
        {
          columns: ['X'],
          why: "the provider signs once and the runtime's fetch follows redirects, which keeps the session token; authFetch as its fetch does not",
        },
        {
          columns: ['E'],
          why: 'the provider throws an error of its own without a cause; authFetch as its fetch keeps ours',
        },
      ],
    },
  ),
  row(
    'ai 7',
    '@ai-sdk/openai-compatible',
    async (lab) =>
      (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({ ...base(lab), name: 'lab' })(
        'model-1',
      ),
    'createOpenAICompatible({ name, baseURL, fetch })',
  ),
  row(
    'ai 7',
    '@ai-sdk/google',
    async (lab) => (await import('@ai-sdk/google')).createGoogleGenerativeAI(base(lab))('model-1'),
    'createGoogleGenerativeAI({ apiKey, fetch })',
  ),
  row(
    'ai 6',
    '@ai-sdk/openai 3',
    async (lab) => (await import('ai-openai3')).createOpenAI(base(lab)).chat('model-1'),
    'createOpenAI({ apiKey, fetch })',
    { isCommon: 'before 22' },
  ),
  row(
    'ai 5',
    '@ai-sdk/openai 2',
    async (lab) => (await import('ai-openai2')).createOpenAI(base(lab)).chat('model-1'),
    'createOpenAI({ apiKey, fetch })',
  ),
  row(
    'ai 5',
    '@ai-sdk/anthropic 2',
    async (lab) => (await import('ai-anthropic2')).createAnthropic(base(lab))('model-1'),
    'createAnthropic({ apiKey, fetch })',
  ),
  row(
    'ai 5',
    '@ai-sdk/amazon-bedrock 3',
    async (lab) =>
      (await import('ai-bedrock3')).createAmazonBedrock({ ...bedrock(lab), apiKey: dummy })('model-1'),
    'createAmazonBedrock({ region, apiKey, fetch })',
  ),
  row(
    'ai 5',
    '@ai-sdk/google 2',
    async (lab) => (await import('ai-google2')).createGoogleGenerativeAI(base(lab))('model-1'),
    'createGoogleGenerativeAI({ apiKey, fetch })',
  ),
]
