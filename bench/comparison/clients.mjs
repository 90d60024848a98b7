// Each library sends one GET request with a token of the lab, or with a key, as its documentation shows it.

/** @typedef {Awaited<ReturnType<typeof import('./lab.mjs').startLab>>} Lab */

/**
 * Functions that send a request with a bearer token; each resolves with the status. With `keeps`, an application's own
 * function for its token keeps the token until it expires, as many do.
 */
/** @type {Record<string, (lab: Lab, keeps?: boolean) => Promise<(path?: string) => Promise<number>>>} */
export const bearerClients = {
  async ours({ source, origin, state }) {
    const { bearerAuth } = await import('@outbound-auth/bearer')
    const { authFetch } = await import('@outbound-auth/fetch')
    // A token that is about to expire was issued an hour ago.
    const token = async () => ({
      ...(await source()),
      issuedAt: new Date(Date.now() + state.livesMs - 3_600_000),
    })
    const send = authFetch(bearerAuth({ token }), { allowedOrigins: [origin] })
    return async (path = '/models') => (await send(origin + path)).status
  },
  async google({ source, origin }) {
    const { OAuth2Client } = await import('google-auth-library')
    const client = new OAuth2Client({ forceRefreshOnFailure: true })
    client.refreshHandler = async () => {
      const { token, expiresAt } = await source()
      return { access_token: token, expiry_date: expiresAt.getTime() }
    }
    return async (path = '/models') => (await client.request({ url: origin + path })).status
  },
  async azure({ origin, plainOrigin }) {
    process.env['IDENTITY_ENDPOINT'] = `${plainOrigin}/token`
    process.env['IDENTITY_HEADER'] = 'header-1'
    const { ManagedIdentityCredential } = await import('@azure/identity')
    const rest = await import('@azure/core-rest-pipeline')
    const pipeline = rest.createPipelineFromOptions({ retryOptions: { maxRetries: 0 } })
    const options = { credential: new ManagedIdentityCredential(), scopes: 'api/.default' }
    pipeline.addPolicy(rest.bearerTokenAuthenticationPolicy(options))
    const client = rest.createDefaultHttpClient()
    return async (path = '/models') => {
      const { status } = await pipeline.sendRequest(
        client,
        rest.createPipelineRequest({ url: origin + path }),
      )
      if (status !== 200) throw new Error(`status ${status}`)
      return status
    }
  },
  async sdk({ source, origin }, keeps) {
    const { default: OpenAI } = await import('openai')
    const get = keeps ? keeping(source) : source
    const apiKey = async () => (await get()).token
    const client = new OpenAI({ apiKey, baseURL: origin, maxRetries: 0 })
    return async (path = '/models') => (await client.get(path).asResponse()).status
  },
  async hand({ source, origin }, keeps) {
    const get = keeps ? keeping(source) : source
    return async (path = '/models') => {
      const headers = { authorization: `Bearer ${(await get()).token}` }
      const { status } = await fetch(origin + path, { headers })
      if (status !== 200) throw new Error(`status ${status}`)
      return status
    }
  },
}

/** @param {Lab['source']} source */
function keeping(source) {
  /** @type {Awaited<ReturnType<Lab['source']>> | undefined} */
  let kept
  return async () => {
    if (!kept || kept.expiresAt.getTime() <= Date.now()) kept = await source()
    return kept
  }
}

/** Functions that send a request with a key to a URL that redirects to another origin. */
/** @type {Record<string, (lab: Lab) => Promise<void>>} */
export const keyClients = {
  async ours({ origin }) {
    const { apiKeyAuth } = await import('@outbound-auth/api-key')
    const { authFetch } = await import('@outbound-auth/fetch')
    const { sigV4Auth } = await import('@outbound-auth/sigv4')
    const options = { allowedOrigins: [origin] }
    await authFetch(apiKeyAuth({ key: 'key-1', header: 'x-api-key' }), options)(`${origin}/redirect`)
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-1', sessionToken: 'session-1' }
    const signer = sigV4Auth({ service: 'execute-api', region: 'us-east-1', credentials })
    await authFetch(signer, options)(`${origin}/redirect`)
  },
  async google({ origin }) {
    const { GoogleAuth } = await import('google-auth-library')
    await new GoogleAuth().fromAPIKey('key-1').request({ url: `${origin}/redirect` })
  },
  async azure({ origin }) {
    const rest = await import('@azure/core-rest-pipeline')
    const request = rest.createPipelineRequest({ url: `${origin}/redirect` })
    request.headers.set('api-key', 'key-1')
    await rest.createPipelineFromOptions({}).sendRequest(rest.createDefaultHttpClient(), request)
  },
  async aws4fetch({ origin }) {
    const { AwsClient } = await import('aws4fetch')
    const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-1', sessionToken: 'session-1' }
    await new AwsClient({ ...keys, service: 'execute-api', region: 'us-east-1' }).fetch(`${origin}/redirect`)
  },
  async sdk({ origin }) {
    const { default: OpenAI } = await import('openai')
    const client = new OpenAI({ apiKey: async () => 'key-1', baseURL: `${origin}/redirect`, maxRetries: 0 })
    await client.models.list().catch(() => {})
    const { createAzure } = await import('@ai-sdk/azure')
    const model = createAzure({ apiKey: 'key-1', baseURL: `${origin}/redirect` }).chat('m')
    const prompt = [{ role: /** @type {const} */ ('user'), content: [{ type: 'text', text: 'Hi' }] }]
    await model.doGenerate({ prompt }).catch(() => {})
  },
  async hand({ origin }) {
    await fetch(`${origin}/redirect`, { headers: { 'x-api-key': 'key-1' } })
  },
}
