import type { AgentAccount } from '@outbound-auth/agent-identity'
import { AuthError } from '@outbound-auth/core'

type Claims = Readonly<Record<string, unknown>>

/**
 * The account that an access token names. Its signature is not verified: it says for whom the authority, which verifies
 * it, will register the agent.
 *
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build), without any part of the token
 */
export function accountOfToken(token: string): AgentAccount {
  const claims = readClaims(token)
  const auth = objectOf(claims['https://api.openai.com/auth'])
  const profile = objectOf(claims['https://api.openai.com/profile'])
  const accountId = textOf(auth['chatgpt_account_id'])
  const userId = textOf(auth['chatgpt_user_id'] ?? auth['user_id'])
  if (!accountId || !userId) {
    throw AuthError.build('Cannot enrol an agent: the access token names no ChatGPT account and user', {
      code: 'ERR_AUTH_CREDENTIAL',
      provider: 'agent-identity',
    })
  }
  return {
    accountId,
    userId,
    email: textOf(claims['email'] ?? profile['email']),
    planType: textOf(auth['chatgpt_plan_type']),
    fedramp: auth['chatgpt_account_is_fedramp'] === true,
  }
}

function readClaims(token: string): Claims {
  try {
    return objectOf(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
  } catch {
    return {}
  }
}

function objectOf(value: unknown): Claims {
  return typeof value === 'object' && value !== null ? (value as Claims) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !/\p{C}/u.test(value) ? value : undefined
}
