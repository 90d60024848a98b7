import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import Anthropic, { type Middleware } from '@anthropic-ai/sdk'
import { asTokenSupplier } from '@outbound-auth/core'
import { toAnthropicCredentials } from '@outbound-auth/core/shapes'
import { authFetch } from '@outbound-auth/fetch'
import { dummy } from '../../kinds/credentials.js'
import type { Lab, Row, TriedClient } from '../../row.js'
import { untold } from './openai-rows.js'

type Messages = Pick<Anthropic, 'messages'>

function over(client: Messages, model = 'claude-1'): TriedClient {
  const asked = { model, max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] }
  return {
    call: async (signal) => (await client.messages.create(asked, { ...(signal && { signal }) })).content,
    async stream(seen) {
      const events = await client.messages.create({ ...asked, stream: true })
      let text = ''
      for await (const event of events) {
        if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue
        text += event.delta.text
        seen()
      }
      return text
    },
  }
}

const base = ({ origin }: Lab) => ({ baseURL: origin, maxRetries: 0 })
// #region middleware of the Anthropic client
function middlewareOf({ auth, allowedOrigins }: Lab): Middleware {
  return (request, next) => {
    const send: typeof globalThis.fetch = (url, init) =>
      next({ ...request, ...init, url: String(url), headers: new Headers(init?.headers) } as typeof request)
    return authFetch(auth, { allowedOrigins, fetch: send })(request.url, request as RequestInit)
  }
}
// #endregion

const bedrock = { awsRegion: 'us-east-1', maxRetries: 0 }

/** Anthropic's packages in all the ways to hold them. */
export const anthropicRows: readonly Row[] = [
  {
    client: '@anthropic-ai/sdk',
    via: 'authFetch',
    glue: 'new Anthropic({ apiKey, fetch })',
    isCommon: true,
    open: (lab) => over(new Anthropic({ ...base(lab), apiKey: dummy, fetch: lab.fetch })),
  },
  {
    client: '@anthropic-ai/sdk middleware',
    via: 'authFetch',
    glue: 'new Anthropic({ apiKey, middleware: [middleware] })',
    open: (lab) => over(new Anthropic({ ...base(lab), apiKey: dummy, middleware: [middlewareOf(lab)] })),
  },
  {
    client: '@anthropic-ai/sdk credentials',
    via: 'toAnthropicCredentials',
    glue: 'new Anthropic({ credentials: toAnthropicCredentials(auth, { origin }) })',
    kinds: ['bearer'],
    open: (lab) =>
      // The SDK renews its token only where it may retry.
      over(
        new Anthropic({
          ...base(lab),
          maxRetries: 1,
          credentials: toAnthropicCredentials(lab.auth, { origin: lab.origin }),
        }),
      ),
  },
  {
    client: '@anthropic-ai/sdk apiKey',
    via: 'asTokenSupplier',
    glue: 'new Anthropic({ apiKey: asTokenSupplier(auth) })',
    kinds: ['bearer'],
    exceptions: [untold],
    open: (lab) => over(new Anthropic({ ...base(lab), apiKey: asTokenSupplier(lab.auth) })),
  },
  {
    client: '@anthropic-ai/bedrock-sdk, skipAuth',
    via: 'authFetch',
    glue: 'new AnthropicBedrock({ skipAuth: true, awsRegion, fetch })',
    open: ({ fetch, origin }) =>
      over(new AnthropicBedrock({ ...bedrock, baseURL: origin, skipAuth: true, fetch }) as never),
  },
  {
    client: '@anthropic-ai/bedrock-sdk, dummy keys',
    via: 'authFetch',
    glue: 'new AnthropicBedrock({ awsAccessKey, awsSecretKey, awsRegion, fetch })',
    open: ({ fetch, origin }) =>
      over(
        new AnthropicBedrock({
          ...bedrock,
          baseURL: origin,
          awsAccessKey: dummy,
          awsSecretKey: dummy,
          fetch,
        }) as never,
      ),
  },
  {
    client: '@anthropic-ai/sdk 0.60',
    via: 'authFetch',
    glue: 'new Anthropic({ apiKey, fetch })',
    async open(lab) {
      const { default: Old } = await import('anthropic060')
      return over(new Old({ ...base(lab), apiKey: dummy, fetch: lab.fetch }) as never)
    },
  },
]
