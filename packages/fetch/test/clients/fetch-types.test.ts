import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { bearerAuth } from '@outbound-auth/bearer'
import nodeFetch3 from 'node-fetch'
import nodeFetch2 from 'node-fetch2'
import OpenAI from 'openai'
import * as undici from 'undici'
import { expect, expectTypeOf, test, vi } from 'vitest'
import { type AuthFetchOptions, authFetch, type Fetch, type FetchOption } from '../../src/index.js'

const auth = bearerAuth({ token: 'token-1' })
const allowedOrigins = ['https://api.example.com']

test('authFetch() takes every fetch that there is as its option', () => {
  const options: AuthFetchOptions[] = [
    { fetch: globalThis.fetch },
    { fetch: undici.fetch },
    { fetch: nodeFetch2 },
    { fetch: nodeFetch3 },
    { fetch: (...args) => globalThis.fetch(...args) },
    { fetch: (url, init) => undici.fetch(url, init) },
    { fetch: (url, init) => nodeFetch2(url, init) },
    { fetch: (url, init) => nodeFetch3(url, { ...init, highWaterMark: 1 }) },
    { fetch: async (url, { method, headers }) => new Response(`${method} ${url}`, { headers }) },
    { fetch: async () => new Response() },
    { fetch: vi.fn(async () => new Response()) },
    { fetch: vi.fn<Fetch>() },
    { fetch: undefined },
  ]
  for (const option of options) expect(authFetch(auth, { ...option, allowedOrigins })).toBeTypeOf('function')
  expectTypeOf(authFetch(auth, { allowedOrigins })).toEqualTypeOf<typeof globalThis.fetch>()
  expectTypeOf<Fetch>().toExtend<FetchOption>()
})

test('authFetch() makes a fetch that every client takes', () => {
  for (const fetch of [nodeFetch2, nodeFetch3, undici.fetch, undefined]) {
    const authed = authFetch(auth, { allowedOrigins, fetch })
    const taken: (typeof globalThis.fetch)[] = [authed]
    const clients = [
      new OpenAI({ apiKey: 'unused', fetch: authed }),
      new Anthropic({ apiKey: 'unused', fetch: authed }),
      createOpenAICompatible({ name: 'test', baseURL: 'https://api.example.com', fetch: authed }),
    ]
    expect(taken.length + clients.length).toBe(4)
  }
})

test('authFetch() does not compile with a fetch of another kind', () => {
  const wrong = [
    // @ts-expect-error it gives no promise
    () => authFetch(auth, { allowedOrigins, fetch: () => new Response() }),
    // @ts-expect-error it gives no response
    () => authFetch(auth, { allowedOrigins, fetch: async () => 'text' }),
    // @ts-expect-error it takes a number
    () => authFetch(auth, { allowedOrigins, fetch: async (_: number) => new Response() }),
    // @ts-expect-error it needs a third parameter
    () => authFetch(auth, { allowedOrigins, fetch: async (_a, _b, _c: number) => new Response() }),
    // @ts-expect-error there is no fetch by name
    () => authFetch(auth, { allowedOrigins, fetch: 'node-fetch' }),
  ]
  expect(wrong.at(-1)).toThrow('authFetch: fetch must be a function')
})
