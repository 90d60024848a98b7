import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { afterAll, beforeEach, vi } from 'vitest'
import { verifySignature } from './aws-signature.js'
import { blocksOf } from './recipe.js'

/** One request as it arrived, with the host that it was for. */
export interface PlatformRequest {
  readonly method: string
  readonly host: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The members of a JSON object or a form. */
  readonly members: Readonly<Record<string, unknown>>
}

/** A server on this machine that stands for the platform of a workload, the issuers of tokens, and the APIs. */
export interface WorkloadLab {
  /** The file of the subject token, which a folder called `..data` holds, as Kubernetes writes it. */
  readonly tokenFile: string
  /** Every request, as `METHOD host/path`. */
  readonly sent: string[]
  /** The requests to a host. */
  requestsTo(host: string): PlatformRequest[]
  /** Replaces the file of the subject token as Kubernetes does: one rename of a symbolic link. */
  replaceFile(token: string): void
  /** The API rejects all tokens that have been issued so far. */
  revoke(): void
  /** Runs a block of a page, followed by more code, and returns the names that it exports. */
  run(page: string, block: number, more: string): Promise<Record<string, unknown>>
}

const apis: Readonly<Record<string, unknown>> = {
  'api.anthropic.com': {
    id: 'm1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'hello' }],
  },
  'api.openai.com': { object: 'list', data: [{ id: 'm' }] },
  'aiplatform.googleapis.com': { object: 'list', data: [{ id: 'm' }] },
  'bedrock-runtime.us-east-1.amazonaws.com': { output: { message: { content: [{ text: 'hello' }] } } },
}

/** Starts the lab of a test file. @param now the clock of the services */
export async function startWorkloadLab(now: () => Date): Promise<WorkloadLab> {
  const folder = join(import.meta.dirname, '../node_modules/.cache', `workload-${process.pid}`)
  const requests: PlatformRequest[] = []
  const state = { issued: 0, accepted: 0, files: 0, used: new Set<unknown>() }
  const end = () => new Date(now().getTime() + 3_600_000).toISOString()

  /** The response of a service that issues tokens; undefined for another request. */
  function issue(request: PlatformRequest): { status: number; body: string } | undefined {
    const { host, path, headers, members } = request
    const json = (value: object) => ({ status: 200, body: JSON.stringify(value) })
    const token = () => `token-${++state.issued}`
    if (host === 'github.example')
      return headers['authorization'] === 'Bearer request-token'
        ? json({ value: `subject-${++state.issued}` })
        : { status: 403, body: '' }
    if (host === 'metadata.google.internal')
      return json({ access_token: token(), token_type: 'Bearer', expires_in: 3600 })
    if (path.endsWith(':generateAccessToken')) return json({ accessToken: token(), expireTime: end() })
    const subject = members['assertion'] ?? members['subject_token'] ?? members['WebIdentityToken']
    if (subject === undefined) return undefined
    const isUsed = state.used.has(subject)
    state.used.add(subject)
    // Anthropic takes each assertion once.
    if (host === 'api.anthropic.com' && isUsed)
      return { status: 401, body: '{"error":{"type":"authentication_error"}}' }
    if (host.startsWith('sts.us-east-1'))
      return { status: 200, body: roleXml(String(members['Action']), token(), end()) }
    return json({ access_token: token(), token_type: 'Bearer', expires_in: 3600 })
  }

  async function isAccepted({ method, path, headers, body }: PlatformRequest): Promise<boolean> {
    const tokens = Array.from(
      { length: state.issued - state.accepted },
      (_, i) => `token-${state.accepted + i + 1}`,
    )
    const authorization = String(headers['authorization'])
    if (!authorization.startsWith('AWS4-')) return tokens.includes(authorization.replace('Bearer ', ''))
    const target = `${method} ${path}`
    const checks = tokens.map((secretAccessKey) =>
      verifySignature({ target, headers, body, secretAccessKey }),
    )
    return (await Promise.all(checks)).includes(true)
  }

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method = '', url = '' } = incoming
    const [, host = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(url) ?? []
    const headers = { ...incoming.headers, host }
    const request = { method, host, path, headers, body, members: membersOf(body) }
    requests.push(request)
    const issued = issue(request)
    const flavor = host === 'metadata.google.internal' && { 'metadata-flavor': 'Google' }
    if (issued)
      response.writeHead(issued.status, { ...flavor, 'content-type': 'application/json' }).end(issued.body)
    else if (await isAccepted(request))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(apis[host]))
    else
      response
        .writeHead(host.includes('amazonaws') ? 403 : 401, { 'x-amzn-errortype': 'ExpiredTokenException' })
        .end('{"message":"The security token included in the request is expired"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const realFetch = globalThis.fetch
  /** Sends a request for any host to this server. */
  const labFetch: typeof globalThis.fetch = (input, init) => {
    const { host, pathname, search } = new URL(input instanceof Request ? input.url : String(input))
    const url = `${origin}/${host}${pathname}${search}`
    return realFetch(input instanceof Request ? new Request(url, input) : url, init)
  }

  const tokenFile = join(folder, 'openai/token')
  const replaceFile = (token: string) => {
    const mount = join(folder, 'openai')
    const version = `..version-${++state.files}`
    mkdirSync(join(mount, version), { recursive: true })
    writeFileSync(join(mount, version, 'token'), `${token}\n`)
    symlinkSync(version, join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    if (state.files === 1) symlinkSync('..data/token', tokenFile)
  }
  replaceFile('subject-of-file-0')

  beforeEach(() => {
    requests.length = 0
    vi.stubGlobal('fetch', labFetch)
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', 'https://github.example/id?api-version=2.0')
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'request-token')
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/agent')
  })
  afterAll(() => {
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let runs = 0
  return {
    tokenFile,
    get sent() {
      return requests.map(({ method, host, path }) => `${method} ${host}${path}`)
    },
    requestsTo: (host) => requests.filter((request) => request.host === host),
    replaceFile,
    revoke() {
      state.accepted = state.issued
    },
    async run(page, block, more) {
      const text = blocksOf(page)[block]?.text ?? ''
      // The metadata service has a fixed host, so only its fetch can be another one.
      const code = text
        .replace('/var/run/secrets/openai/token', tokenFile)
        .replace('gcpAccessToken()', 'gcpAccessToken({ fetch: globalThis.fetch })')
        .replace(
          'subjectToken: platformSubjectToken }',
          'subjectToken: ({ gcpMetadata }) => gcpAccessToken({ ...gcpMetadata, fetch: globalThis.fetch }) }',
        )
      const options = { loader: 'ts', format: 'esm', target: 'es2022' } as const
      const file = join(folder, `block-${runs++}.mjs`)
      writeFileSync(file, (await transform(`${code}\n${more}`, options)).code)
      return { ...(await import(/* @vite-ignore */ pathToFileURL(file).href)) }
    },
  }
}

function membersOf(body: Buffer): Readonly<Record<string, unknown>> {
  const text = body.toString()
  if (text.startsWith('{')) return JSON.parse(text)
  return Object.fromEntries(new URLSearchParams(text))
}

/** The key of the signature is the token, so it can be revoked as any other. */
function roleXml(action: string, key: string, end: string): string {
  const parts = [
    `<AccessKeyId>AKIDEXAMPLE</AccessKeyId><SecretAccessKey>${key}</SecretAccessKey>`,
    `<SessionToken>session</SessionToken><Expiration>${end}</Expiration>`,
  ].join('')
  return `<${action}Response><${action}Result><Credentials>${parts}</Credentials></${action}Result></${action}Response>`
}
