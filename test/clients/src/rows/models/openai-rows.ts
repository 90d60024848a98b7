import { asTokenSupplier } from '@outbound-auth/core'
import { authInterceptor } from '@outbound-auth/undici'
import type OpenAI from 'openai'
import { dummy } from '../../kinds/credentials.js'
import type { Exception, Lab, Row, TriedClient } from '../../row.js'

type OpenAiClass = typeof OpenAI
type Options = ConstructorParameters<OpenAiClass>[0]
type GivenOptions = Partial<NonNullable<Options>> & { close?: () => unknown }

const loaders = {
  'openai 7': () => import('openai'),
  'openai 6': () => import('openai6'),
  'openai 5': () => import('openai5'),
  'openai 4': () => import('openai4'),
}

/** The token function of an SDK is not told of a rejection. */
export const untold: Exception = {
  columns: ['R'],
  why: 'the SDK does not tell its token function of a 401; pass authFetch as its fetch instead',
}

function overChat(client: OpenAI): TriedClient {
  const messages = [{ role: 'user' as const, content: 'hi' }]
  return {
    async call(signal) {
      const asked = { model: 'model-1', messages }
      const { choices } = await client.chat.completions.create(asked, { ...(signal && { signal }) })
      return choices[0]?.message.content
    },
    async stream(seen) {
      const chunks = await client.chat.completions.create({ model: 'model-1', messages, stream: true })
      let text = ''
      for await (const chunk of chunks) {
        text += chunk.choices[0]?.delta.content ?? ''
        seen()
      }
      return text
    },
    form: (file) => client.files.create({ file, purpose: 'assistants' }),
  }
}

function overResponses(client: OpenAI): TriedClient {
  return {
    call: async (signal) =>
      (await client.responses.create({ model: 'model-1', input: 'hi' }, { ...(signal && { signal }) }))
        .output_text,
    async stream(seen) {
      const events = await client.responses.create({ model: 'model-1', input: 'hi', stream: true })
      let text = ''
      for await (const event of events) {
        if (event.type !== 'response.output_text.delta') continue
        text += event.delta
        seen()
      }
      return text
    },
  }
}

function row(
  version: keyof typeof loaders,
  what: string,
  options: (lab: Lab) => GivenOptions | Promise<GivenOptions>,
  others: Partial<Row> & Pick<Row, 'glue'>,
  over = overChat,
): Row {
  return {
    via: 'authFetch',
    ...others,
    client: `${version} ${what}`.trim(),
    async open(lab) {
      const { default: Class } = await loaders[version]()
      const { close, ...given } = await options(lab)
      const base = { baseURL: `${lab.origin}/v1`, apiKey: dummy, maxRetries: 0 }
      const client = new (Class as OpenAiClass)({ ...base, ...given })
      return { ...over(client), ...(close && { close }) }
    },
  }
}

const fetchGlue = 'new OpenAI({ apiKey, fetch })'

/** The `openai` package in all the ways to hold it. */
export const openaiRows: readonly Row[] = [
  ...(['openai 7', 'openai 6'] as const).flatMap((version) => [
    row(version, 'chat', ({ fetch }) => ({ fetch }), { glue: fetchGlue, isCommon: version === 'openai 7' }),
    row(version, 'responses', ({ fetch }) => ({ fetch }), { glue: fetchGlue }, overResponses),
    row(
      version,
      'with a dispatcher',
      async ({ auth, allowedOrigins }) => {
        const { Agent } = await import('undici7')
        const dispatcher = new Agent().compose(authInterceptor(auth, { allowedOrigins }))
        return { fetchOptions: { dispatcher } as never, close: () => dispatcher.destroy() }
      },
      { via: 'authInterceptor', glue: 'new OpenAI({ apiKey, fetchOptions: { dispatcher } })' },
    ),
    row(
      version,
      'with a dispatcher of its own',
      async ({ fetch }) => {
        const { Agent } = await import('undici7')
        const dispatcher = new Agent()
        return { fetch, fetchOptions: { dispatcher } as never, close: () => dispatcher.destroy() }
      },
      { glue: 'new OpenAI({ apiKey, fetch, fetchOptions: { dispatcher: proxyAgent } })' },
    ),
    row(version, 'apiKey', ({ auth }) => ({ apiKey: asTokenSupplier(auth) }) as never, {
      via: 'asTokenSupplier',
      glue: 'new OpenAI({ apiKey: asTokenSupplier(auth) })',
      kinds: ['bearer'],
      exceptions: [untold],
    }),
    azureRow(version, ({ fetch }) => ({ fetch, apiKey: dummy }), {
      via: 'authFetch',
      glue: 'new AzureOpenAI({ apiKey, fetch })',
    }),
    azureRow(version, ({ auth }) => ({ azureADTokenProvider: asTokenSupplier(auth) }), {
      via: 'asTokenSupplier',
      glue: 'new AzureOpenAI({ azureADTokenProvider: asTokenSupplier(auth) })',
      kinds: ['bearer'],
      exceptions: [untold],
    }),
  ]),
  row('openai 5', 'chat', ({ fetch }) => ({ fetch }), { glue: fetchGlue }),
  // It sets content-length, which the fetch of Node sends twice once undici 7 or 8 is imported.
  row('openai 4', 'chat', ({ fetch }) => ({ fetch }), {
    glue: fetchGlue,
    isFirst: true,
    exceptions: [
      {
        columns: ['U'],
        kinds: ['sigv4', 's3'],
        why: 'openai 4 sends a form as a stream, which no signature can cover',
      },
    ],
  }),
]

function azureRow(
  version: 'openai 6' | 'openai 7',
  options: (lab: Lab) => object,
  others: Pick<Row, 'via' | 'glue'> & Partial<Row>,
): Row {
  return {
    ...others,
    client: `${version} AzureOpenAI`,
    async open(lab) {
      const { AzureOpenAI } = await loaders[version]()
      const client = new AzureOpenAI({
        baseURL: `${lab.origin}/openai`,
        apiVersion: '2026-01-01',
        maxRetries: 0,
        ...options(lab),
      })
      return overChat(client as never)
    },
  }
}
