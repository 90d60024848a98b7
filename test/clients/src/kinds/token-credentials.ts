import { randomBytes } from 'node:crypto'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { SignJWT } from 'jose'
import type { SeenRequest } from '../server/seen-request.js'
import type { CredentialOptions, Credentials, Kind } from './credentials.js'

const key = randomBytes(32)

/** A JWT of an hour, made by jose, or a random key. */
async function issue(kind: Kind): Promise<string> {
  if (kind !== 'bearer') return `key-${randomBytes(12).toString('hex')}`
  const claims = new SignJWT({ jti: randomBytes(8).toString('hex') })
  return claims.setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('1h').sign(key)
}

/** A bearer token, a key in a header, or a key in the query. */
export async function tokenCredentials(kind: Kind, { failure }: CredentialOptions): Promise<Credentials> {
  const issued = [await issue(kind), await issue(kind), await issue(kind)]
  let present = 0
  let calls = 0
  const source = async () => {
    calls++
    if (failure) throw failure
    return issued[present] ?? ''
  }
  const refreshIntervalMs = 0
  const auth = {
    bearer: () => bearerAuth({ token: source }),
    'api-key': () => apiKeyAuth({ key: source, header: 'x-api-key', refreshIntervalMs }),
    query: () => apiKeyAuth({ key: source, query: 'api_token', refreshIntervalMs }),
  }[kind as 'bearer' | 'api-key' | 'query']()
  return {
    kind,
    auth,
    verify(request) {
      const sent = credentialsOf(request)
      const expected = { bearer: `Bearer ${issued[present]}` }[kind as 'bearer'] ?? issued[present]
      if (sent.length !== 1) return `${sent.length} credentials: ${sent.map(([name]) => name).join(', ')}`
      const [[name, value]] = sent as [[string, string]]
      const wanted = { bearer: 'authorization', 'api-key': 'x-api-key', query: '?api_token' }[
        kind as 'bearer'
      ]
      return name === wanted && value === expected ? undefined : `another ${name}`
    },
    rotate() {
      present++
    },
    calls: () => calls,
    rejection: {
      status: 401,
      headers: { 'content-type': 'application/json', 'www-authenticate': 'Bearer error="invalid_token"' },
      body: '{"error":{"message":"the token has been revoked","type":"authentication_error"}}',
    },
    secrets: () => issued,
  }
}

/** Everything in a request that could be a credential. */
function credentialsOf({ headers, url }: SeenRequest): [string, string][] {
  const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token', 'cookie']
  return [
    ...Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      names.includes(name) && value !== '' ? [[name, String(value)]] : [],
    ),
    ...[...url.searchParams].flatMap(([name, value]): [string, string][] =>
      /^(api_token|key|api_key)$/.test(name) ? [[`?${name}`, value]] : [],
    ),
  ]
}
