import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { Agent, fetch as undiciFetch } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { oauthAuth } from '../src/index.js'

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

interface Identity {
  readonly key: string
  readonly cert: string
}

/** A key and a certificate that it has signed itself. */
function newIdentity(name: string): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const alternative = `${isIP(name) ? 'IP' : 'DNS'}:${name}`
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const files = ['-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

/** A token endpoint that only the client with this certificate reaches, and that binds its tokens to it. */
async function startServer(client: Identity) {
  const server = newIdentity('127.0.0.1')
  const forms: string[] = []
  const listener = createServer(
    { ...server, ca: [client.cert], requestCert: true, rejectUnauthorized: true },
    async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      forms.push(body)
      const { raw } = (request.socket as TLSSocket).getPeerCertificate()
      const thumbprint = createHash('sha256').update(raw).digest('base64url')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: thumbprint, token_type: 'Bearer', expires_in: 60 }))
    },
  )
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    listener.closeAllConnections()
    listener.close()
  })
  const tokenEndpoint = `https://127.0.0.1:${(listener.address() as AddressInfo).port}/token`
  return { tokenEndpoint, ca: server.cert, forms }
}

/** The `fetch` of a client that has a certificate. */
function fetchWith(connect: { readonly ca: string } & Partial<Identity>): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect })
  onTestFinished(() => dispatcher.close())
  return ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as never
}

const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

describe.skipIf(!hasOpenssl)('oauthAuth() with clientAuth mtls', () => {
  it('gets a token that is bound to the certificate of the connection', async () => {
    const client = newIdentity('agent')
    const { tokenEndpoint, ca, forms } = await startServer(client)
    const fetch = fetchWith({ ca, ...client })
    const auth = oauthAuth({ tokenEndpoint, clientId: 'agent', clientAuth: 'mtls', fetch })
    const { headers } = await applyAuth(auth, request())
    const { raw } = new X509Certificate(client.cert)
    const thumbprint = createHash('sha256').update(raw).digest('base64url')
    expect(headers.get('authorization')).toBe(`Bearer ${thumbprint}`)
    expect(forms).toEqual(['grant_type=client_credentials&client_id=agent'])
  })

  it.each(['no certificate', 'the certificate of another client'])('gets nothing with %s', async (shown) => {
    const { tokenEndpoint, ca, forms } = await startServer(newIdentity('agent'))
    const fetch = fetchWith({ ca, ...(shown !== 'no certificate' && newIdentity('agent')) })
    const auth = oauthAuth({ tokenEndpoint, clientId: 'agent', clientAuth: 'mtls', fetch })
    await expect(applyAuth(auth, request())).rejects.toMatchObject({
      code: 'ERR_AUTH_OAUTH_UNAVAILABLE',
      kind: 'transient',
    })
    expect(forms).toEqual([])
  })
})
