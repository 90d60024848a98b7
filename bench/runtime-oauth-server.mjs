// An authorization server and an API on loopback, which verify what runtime-oauth.mjs sends. Node only.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import { createServer } from 'node:http'

const makers = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
}
const shared = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type, dpop',
  'access-control-expose-headers': 'dpop-nonce, www-authenticate',
}

/** @returns {Promise<{ origin: string, close(): void }>} */
export async function startOauthServer() {
  const secret = `se:cret/+ %${randomBytes(8).toString('hex')}`
  const pairs = Object.entries(makers).map(([algorithm, make]) => ({ algorithm, ...make() }))
  const keys = Object.fromEntries(
    pairs.map(({ algorithm, privateKey }) => [
      algorithm,
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ]),
  )
  /** @type {Map<string, string | undefined>} tokens with the key that each is bound to */
  const tokens = new Map()
  const seen = new Set()
  let origin = ''

  /** @param {URLSearchParams} form @param {string} authorization */
  function isClient(form, authorization) {
    const encoded = new URLSearchParams([['', secret]]).toString().slice(1)
    const basic = `Basic ${Buffer.from(`agent:${encoded}`).toString('base64')}`
    if (authorization !== '') return authorization === basic
    if (form.has('client_secret')) return form.get('client_secret') === secret
    const { header, claims } = readJwt(form.get('client_assertion') ?? '')
    const pair = pairs.find(({ algorithm }) => algorithm === header.alg)
    const isSigned = pair && isValid(form.get('client_assertion') ?? '', pair.algorithm, pair.publicKey)
    const now = Date.now() / 1000
    const isNow = claims.iat <= now && claims.exp > now
    return Boolean(isSigned && isNow && isNew(claims.jti) && claims.aud === origin && claims.sub === 'agent')
  }

  /** @param {unknown} id */
  function isNew(id) {
    const isFirst = !seen.has(id)
    seen.add(id)
    return isFirst
  }

  /**
   * @param {string} proof @param {string} method @param {string} path @param {string} token
   * @returns {string} the thumbprint of the key; `'nonce'` if another nonce is wanted, `''` for no proof
   */
  function keyOf(proof, method, path, token = '') {
    const { header, claims } = readJwt(proof)
    if (
      header.typ !== 'dpop+jwt' ||
      !isValid(proof, header.alg, createPublicKey({ key: header.jwk, format: 'jwk' }))
    )
      return ''
    const isBound = claims.htm === method && claims.htu === origin + path && isNew(claims.jti)
    const hash = createHash('sha256').update(token).digest('base64url')
    if (!isBound || claims.ath !== (token === '' ? undefined : hash)) return ''
    if (claims.nonce !== `nonce-of-${path}`) return 'nonce'
    return JSON.stringify(header.jwk)
  }

  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { method = '', url = '', headers } = request
    const path = url.replace(/\?.*/, '')
    const nonce = { 'dpop-nonce': `nonce-of-${path}` }
    /** @param {number} status @param {object | string} body @param {Record<string, string>} more */
    const respond = (status, body, more = {}) =>
      response
        .writeHead(status, { ...shared, ...more, 'content-type': 'application/json' })
        .end(JSON.stringify(body))
    const proof = String(headers['dpop'] ?? '')
    if (method === 'OPTIONS') return respond(200, {})
    if (path === '/client') return respond(200, { secret, keys })
    if (path.startsWith('/.well-known'))
      return respond(200, { issuer: origin, token_endpoint: `${origin}/token` })
    if (path === '/token') {
      if (!isClient(new URLSearchParams(text), headers.authorization ?? ''))
        return respond(401, { error: 'invalid_client' })
      const key = proof === '' ? undefined : keyOf(proof, method, path)
      if (key === 'nonce') return respond(400, { error: 'use_dpop_nonce' }, nonce)
      if (key === '') return respond(400, { error: 'invalid_dpop_proof' })
      const token = randomBytes(16).toString('hex')
      tokens.set(token, key)
      return respond(200, { access_token: token, token_type: key ? 'DPoP' : 'Bearer', expires_in: 3600 })
    }
    const [, scheme, token = ''] = /^(\w+) (\w+)$/.exec(headers.authorization ?? '') ?? []
    const bound = tokens.get(token)
    const key = scheme === 'DPoP' ? keyOf(proof, method, path, token) : undefined
    if (key === 'nonce')
      return respond(401, 'nonce', { ...nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' })
    if (!tokens.has(token) || key !== bound) return respond(401, 'rejected')
    return respond(200, 'taken')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return {
    origin,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** @param {string} jwt @returns {{ header: any, claims: any }} */
function readJwt(jwt) {
  const [header = {}, claims = {}] = jwt
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString() || '{}'))
  return { header, claims }
}

/** @param {string} jwt @param {string} algorithm @param {import('node:crypto').KeyObject} key */
function isValid(jwt, algorithm, key) {
  const [header, claims, signature = ''] = jwt.split('.')
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  const signed = Buffer.from(`${header}.${claims}`)
  return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
}
