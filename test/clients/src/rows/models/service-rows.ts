import { authFetch } from '@outbound-auth/fetch'
import { dummy } from '../../kinds/credentials.js'
import type { Lab, Row, TriedClient } from '../../row.js'

const via = 'authFetch'
const messages = [{ role: 'user' as const, content: 'hi' }]

/** Clients of model services, and clients of the Model Context Protocol, that take a `fetch`. */
export const serviceRows: readonly Row[] = [
  {
    client: '@google/genai 3',
    via,
    glue: 'new GoogleGenAI({ apiKey, httpOptions: { fetch } })',
    isCommon: true,
    open: async (lab) => overGenai((await import('@google/genai')).GoogleGenAI as never, lab),
  },
  {
    client: '@google/genai 2',
    via,
    glue: 'new GoogleGenAI({ apiKey, httpOptions: { fetch } })',
    open: async (lab) => overGenai((await import('genai2')).GoogleGenAI as never, lab),
  },
  {
    client: '@google/genai 1',
    via,
    glue: "globalThis.fetch = authFetch(auth, { otherOrigins: 'pass' })",
    isExclusive: true,
    async open(lab) {
      const { GoogleGenAI } = await import('genai1')
      const original = globalThis.fetch
      const { auth, allowedOrigins } = lab
      globalThis.fetch = authFetch(auth, { allowedOrigins, otherOrigins: 'pass' })
      const close = () => {
        globalThis.fetch = original
      }
      return { ...overGenai(GoogleGenAI as never, lab), close }
    },
  },
  {
    client: '@modelcontextprotocol/sdk 1',
    via,
    glue: 'new StreamableHTTPClientTransport(url, { fetch })',
    async open({ fetch, origin }) {
      const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
      const { StreamableHTTPClientTransport } = await import(
        '@modelcontextprotocol/sdk/client/streamableHttp.js'
      )
      return overMcp(
        () => new Client({ name: 'lab', version: '1' }) as never,
        () => new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { fetch }),
        [undefined],
      )
    },
  },
  {
    client: '@modelcontextprotocol/client 2',
    via,
    glue: 'new StreamableHTTPClientTransport(url, { fetch })',
    isCommon: true,
    async open({ fetch, origin }) {
      const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
      return overMcp(
        () => new Client({ name: 'lab', version: '1' }) as never,
        () => new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { fetch }),
      )
    },
  },
  {
    client: 'ollama',
    via,
    glue: 'new Ollama({ host, fetch })',
    skips: ['A'],
    async open({ fetch, origin }) {
      const { Ollama } = await import('ollama')
      const client = new Ollama({ host: origin, fetch })
      return {
        call: () => client.chat({ model: 'model-1', messages }),
        async stream(seen) {
          let text = ''
          for await (const part of await client.chat({ model: 'model-1', messages, stream: true })) {
            text += part.message.content
            seen()
          }
          return text
        },
      }
    },
  },
  {
    client: '@langchain/openai',
    via,
    glue: 'new ChatOpenAI({ apiKey, configuration: { fetch } })',
    async open({ fetch, origin }) {
      const { ChatOpenAI } = await import('@langchain/openai')
      const configuration = { baseURL: `${origin}/v1`, fetch }
      const model = new ChatOpenAI({ apiKey: dummy, model: 'model-1', configuration, maxRetries: 0 })
      return {
        call: async (signal) => (await model.invoke('hi', { ...(signal && { signal }) })).content,
        async stream(seen) {
          let text = ''
          for await (const chunk of await model.stream('hi')) {
            text += chunk.content
            seen()
          }
          return text
        },
      }
    },
  },
  {
    client: '@mistralai/mistralai',
    via,
    glue: 'new Mistral({ httpClient: new HTTPClient({ fetcher: fetch }) })',
    async open({ fetch, origin }) {
      const { Mistral } = await import('@mistralai/mistralai')
      const { HTTPClient } = await import('@mistralai/mistralai/lib/http.js')
      const httpClient = new HTTPClient({ fetcher: fetch })
      const client = new Mistral({
        apiKey: dummy,
        serverURL: origin,
        httpClient,
        retryConfig: { strategy: 'none' },
      })
      const asked = { model: 'model-1', messages }
      return {
        call: (signal) => client.chat.complete(asked, { ...(signal && { fetchOptions: { signal } }) }),
        async stream(seen) {
          let text = ''
          for await (const { data } of await client.chat.stream(asked)) {
            text += data.choices[0]?.delta.content
            seen()
          }
          return text
        },
      }
    },
  },
  {
    client: 'groq-sdk',
    via,
    glue: 'new Groq({ apiKey, fetch })',
    async open({ fetch, origin }) {
      const { default: Groq } = await import('groq-sdk')
      const client = new Groq({ apiKey: dummy, baseURL: origin, fetch, maxRetries: 0 })
      return {
        call: (signal) =>
          client.chat.completions.create({ model: 'model-1', messages }, { ...(signal && { signal }) }),
        async stream(seen) {
          let text = ''
          const chunks = await client.chat.completions.create({ model: 'model-1', messages, stream: true })
          for await (const chunk of chunks) {
            text += chunk.choices[0]?.delta.content
            seen()
          }
          return text
        },
      }
    },
  },
  {
    client: '@huggingface/inference',
    via,
    glue: 'new InferenceClient(token, { endpointUrl, fetch })',
    async open({ fetch, origin }) {
      const { InferenceClient } = await import('@huggingface/inference')
      const options = { endpointUrl: `${origin}/v1`, fetch, retry_on_error: false }
      const client = new InferenceClient(`hf_${dummy}`, options)
      const asked = { model: 'model-1', messages }
      return {
        call: (signal) => client.chatCompletion(asked, { ...(signal && { signal }) }),
        async stream(seen) {
          let text = ''
          for await (const chunk of client.chatCompletionStream(asked)) {
            text += chunk.choices[0]?.delta.content
            seen()
          }
          return text
        },
      }
    },
  },
  {
    client: 'gaxios',
    via,
    glue: 'new Gaxios({ fetchImplementation: fetch })',
    async open({ fetch, origin }) {
      const { Gaxios } = await import('gaxios')
      const client = new Gaxios({ fetchImplementation: fetch, retry: false })
      const url = `${origin}/v1/echo`
      return {
        call: async (signal) =>
          (await client.request({ url, method: 'POST', data: { a: 1 }, ...(signal && { signal }) })).data,
        async stream(seen) {
          const { data } = await client.request({ url: `${origin}/v1/stream`, responseType: 'stream' })
          let text = ''
          for await (const chunk of data as AsyncIterable<Uint8Array>) {
            text += Buffer.from(chunk).toString()
            seen()
          }
          return text
        },
      }
    },
  },
]

interface Genai {
  models: {
    generateContent(asked: object): Promise<{ text?: string }>
    generateContentStream(asked: object): Promise<AsyncIterable<{ text?: string }>>
  }
}

function overGenai(GoogleGenAI: new (options: object) => Genai, { fetch, origin }: Lab): TriedClient {
  const client = new GoogleGenAI({ apiKey: dummy, httpOptions: { baseUrl: origin, fetch } })
  const asked = { model: 'model-1', contents: 'hi' }
  return {
    async call(abortSignal) {
      const { text } = await client.models.generateContent({ ...asked, config: { abortSignal } })
      return text
    },
    async stream(seen) {
      let text = ''
      for await (const chunk of await client.models.generateContentStream(asked)) {
        text += chunk.text
        seen()
      }
      return text
    },
  }
}

interface McpClient {
  connect(transport: unknown): Promise<void>
  listTools(params?: object, options?: object): Promise<object>
  callTool(...asked: unknown[]): Promise<object>
  close(): Promise<void>
}

/** @internal Connects at the first call; a later one only lists the tools. @param schema for version 1 */
export function overMcp(
  newClient: () => McpClient,
  newTransport: () => unknown,
  schema: readonly undefined[] = [],
): TriedClient {
  let connected: Promise<McpClient> | undefined
  const connect = async () => {
    const client = newClient()
    await client.connect(newTransport())
    return client
  }
  const opened = () => {
    connected ??= connect().catch((error) => {
      connected = undefined
      throw error
    })
    return connected
  }
  return {
    async call(signal) {
      const tools = await aborted(
        opened().then((client) => client.listTools({}, { ...(signal && { signal }) })),
        signal,
      )
      return { ok: true, tools }
    },
    async stream(seen) {
      const client = await opened()
      return client.callTool({ name: 'tool', arguments: {} }, ...schema, { onprogress: seen })
    },
    close() {
      void connected?.then((client) => client.close()).catch(() => {})
    },
  }
}

/** The handshake of the protocol takes no signal; its request is the one that hangs. */
function aborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  const end = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  return Promise.race([promise, end])
}
