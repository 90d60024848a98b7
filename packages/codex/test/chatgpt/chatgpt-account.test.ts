import { AuthError, applyAuth, createHeaderMap, createMemoryStore, toAuthHeaders } from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { type AuthDocument, type ChatgptAuth, type ChatgptAuthOptions, chatgptAuth } from '../../src/index.js'
import { accessToken, chatgptDocument, idClaims, jwt } from '../config/codex-home.js'

function createLab(document: AuthDocument, options: Partial<ChatgptAuthOptions> = {}) {
  const store = createMemoryStore<AuthDocument>(document)
  const fetch = async () => Response.json({ access_token: accessToken(new Date(), 3600, 'new') })
  return { store, provider: chatgptAuth({ store, tokenServer: { fetch }, ...options }) }
}

async function headersOf(provider: ChatgptAuth): Promise<Record<string, string> | string> {
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  try {
    const { headers } = await applyAuth(provider, request)
    return Object.fromEntries(headers)
  } catch (error) {
    return AuthError.is(error) ? `${error.kind} ${error.code}` : String(error)
  }
}

const withTokens = (change: object): AuthDocument => {
  const document = chatgptDocument(new Date())
  return { ...document, tokens: { ...document.tokens, ...change } }
}

describe('chatgptAuth({ store }), without an accountId, keeps the contract of AuthProvider:', () => {
  const { tokens } = chatgptDocument(new Date())
  const checks = checkAuthProvider({
    create: () => chatgptAuth({ store: createMemoryStore<AuthDocument>(chatgptDocument(new Date())) }),
    secrets: [tokens.refresh_token, tokens.id_token],
  })
  for (const { name, run } of checks) it(name, run)
})

describe('chatgptAuth({ store }), without an accountId,', () => {
  it('sends the account of the login', async () => {
    const document = chatgptDocument(new Date(), { account: 'acct-7' })
    const { provider } = createLab(document)
    expect(await headersOf(provider)).toEqual({
      authorization: `Bearer ${document.tokens.access_token}`,
      'chatgpt-account-id': 'acct-7',
    })
    expect(toAuthHeaders(provider)).toMatchObject({ 'chatgpt-account-id': 'acct-7' })
    expect(provider.headerNames).toEqual(['authorization', 'chatgpt-account-id', 'x-openai-fedramp'])
  })

  it('sends nothing before it has a token', () => {
    const headers = createHeaderMap()
    createLab(chatgptDocument(new Date())).provider.addAuthHeaders(headers)
    expect([...headers]).toEqual([])
  })

  it.each([undefined, null])('sends no account for a login that has none: %s', async (accountId) => {
    const { provider } = createLab(withTokens({ account_id: accountId }))
    expect(Object.keys(await headersOf(provider))).toEqual(['authorization'])
  })

  it('sends an empty account as Codex does', async () => {
    expect(await headersOf(createLab(withTokens({ account_id: '' })).provider)).toMatchObject({
      'chatgpt-account-id': '',
    })
  })

  it('sends the FedRAMP header if the id token says so, unless it is told otherwise', async () => {
    const document = withTokens({ id_token: jwt(idClaims('acct-1', { chatgpt_account_is_fedramp: true })) })
    expect(await headersOf(createLab(document).provider)).toMatchObject({ 'x-openai-fedramp': 'true' })
    const { provider } = createLab(document, { fedramp: false })
    expect(await headersOf(provider)).not.toHaveProperty('x-openai-fedramp')
    expect(provider.headerNames).toEqual(['authorization', 'chatgpt-account-id'])
    expect(await headersOf(createLab(chatgptDocument(new Date()), { fedramp: true }).provider)).toMatchObject(
      {
        'x-openai-fedramp': 'true',
      },
    )
  })

  it('rejects an account that no header can hold', async () => {
    const { provider } = createLab(withTokens({ account_id: 'planted\n' }))
    expect(await headersOf(provider)).toBe('build ERR_AUTH_HEADER_VALUE')
  })

  it('keeps the account when its tokens are refreshed', async () => {
    const { provider, store } = createLab(chatgptDocument(new Date(), { secondsLeft: 60 }))
    expect(await headersOf(provider)).toMatchObject({ 'chatgpt-account-id': 'acct-1' })
    expect((await store.read())?.tokens?.account_id).toBe('acct-1')
  })

  it.each([
    ['another account', chatgptDocument(new Date(), { account: 'acct-2' })],
    ['no account', withTokens({ account_id: null })],
    ['an API key', { OPENAI_API_KEY: 'sk-1' }],
  ])('stops when the store holds %s later', async (_, other) => {
    let nowMs = Date.now()
    const { provider, store } = createLab(chatgptDocument(new Date()), { now: () => new Date(nowMs) })
    await headersOf(provider)
    await store.update(() => other)
    nowMs += 3_600_000
    expect(await headersOf(provider)).toBe('build ERR_AUTH_CODEX_ACCOUNT')
    await store.update(() => chatgptDocument(new Date(), { secondsLeft: 7200 }))
    nowMs += 2000
    expect(await headersOf(provider)).toMatchObject({ 'chatgpt-account-id': 'acct-1' })
  })

  it('uses a login that follows a request which found none', async () => {
    let nowMs = Date.now()
    const { provider, store } = createLab({}, { now: () => new Date(nowMs) })
    expect(await headersOf(provider)).toBe('build ERR_AUTH_CODEX_ACCOUNT')
    await store.update(() => chatgptDocument(new Date(), { account: 'acct-3' }))
    nowMs += 2000
    expect(await headersOf(provider)).toMatchObject({ 'chatgpt-account-id': 'acct-3' })
  })
})

it('chatgptAuth() rejects a login of another account than it was told', async () => {
  const { provider } = createLab(chatgptDocument(new Date()), { accountId: 'acct-2' })
  expect(await headersOf(provider)).toBe('build ERR_AUTH_CODEX_ACCOUNT')
})
