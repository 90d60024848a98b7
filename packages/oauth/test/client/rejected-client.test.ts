import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { exchanging, granted, refused } from '../scripted-server.js'

const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

it.each<[string, () => Response]>([
  ['401 with unauthorized_client, as Keycloak says', () => refused('unauthorized_client', { status: 401 })],
  ['401 with a code of its own', () => refused('client_authentication_failed', { status: 401 })],
  ['401 with a page', () => new Response('<html>', { status: 401 })],
  [
    '200 with incorrect_client_credentials, as GitHub says',
    () => refused('incorrect_client_credentials', { status: 200 }),
  ],
])('a new secret is shown once after %s', async (_, reject) => {
  const secrets: string[] = []
  const clientSecret = ({ forceRefresh }: { forceRefresh: boolean }) => (forceRefresh ? 'new' : 'old')
  const answer = ({ headers }: { headers: Headers }) => {
    secrets.push(atob(headers.get('authorization')?.slice(6) ?? ''))
    return secrets.length === 1 ? reject() : granted()
  }
  const { auth } = exchanging(answer, { clientSecret })
  await applyAuth(auth, request())
  expect(secrets).toEqual(['agent:old', 'agent:new'])
})

it.each<[string, () => Response]>([
  ['400 with unauthorized_client, which is about the grant', () => refused('unauthorized_client')],
  ['401 with invalid_grant', () => refused('invalid_grant', { status: 401 })],
  ['403', () => new Response('{}', { status: 403 })],
])('no new secret is asked for after %s', async (_, reject) => {
  const asked: boolean[] = []
  const clientSecret = ({ forceRefresh }: { forceRefresh: boolean }) => {
    asked.push(forceRefresh)
    return 'planted-secret'
  }
  const { auth, arrivals } = exchanging(reject, { clientSecret })
  await expect(applyAuth(auth, request())).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED' })
  expect([asked, arrivals.length]).toEqual([[false], 1])
})
