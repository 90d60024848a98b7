import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The members of a JSON object or a form, in their order. */
  readonly members: readonly (readonly [name: string, value: unknown])[]
}

/** One server that stands for all services. */
export interface Recorder {
  readonly origin: string
  readonly requests: Recorded[]
  /** The requests that exchange a token. */
  exchanges(): readonly Recorded[]
  /** How long the tokens of later exchanges live. */
  live(seconds: number): void
  close(): void
}

const exchangePaths =
  /^\/(?:oauth\/token|v1\/oauth\/token|v1\/token|[^/]+\/oauth2\/v2\.0\/token|)(?:\?|$)|:generateAccessToken$/

/** Starts the server. */
export async function startRecorder(now: () => Date): Promise<Recorder> {
  const requests: Recorded[] = []
  let seconds = 3600
  let issued = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url: path = '', headers } = request
    const members = membersOf(Buffer.concat(chunks).toString(), String(headers['content-type']))
    requests.push({ method, path, headers, members })
    const { type, body } = replyTo(path, Object.fromEntries(members), endAfter(now(), seconds), ++issued)
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    exchanges: () => requests.filter((request) => isExchange(request)),
    live(life) {
      seconds = life
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function isExchange({ path, members }: Recorded): boolean {
  if (!exchangePaths.test(path)) return false
  return path !== '/' || /WebIdentity/.test(String(new Map(members).get('Action')))
}

function membersOf(body: string, type: string): Recorded['members'] {
  if (body === '') return []
  return type.startsWith('application/json')
    ? Object.entries(JSON.parse(body))
    : [...new URLSearchParams(body)]
}

function endAfter(now: Date, seconds: number) {
  return { end: new Date(now.getTime() + seconds * 1000).toISOString(), seconds }
}

function replyTo(
  path: string,
  members: Readonly<Record<string, unknown>>,
  { end, seconds }: ReturnType<typeof endAfter>,
  index: number,
) {
  const json = (value: object) => ({ type: 'application/json', body: JSON.stringify(value) })
  const token = `token-${index}`
  if (path.endsWith(':generateAccessToken')) return json({ accessToken: token, expireTime: end })
  if (path === '/') return { type: 'text/xml', body: xmlReply(String(members['Action']), end, token) }
  const life = { access_token: token, token_type: 'Bearer', expires_in: seconds }
  if (exchangePaths.test(path))
    return json({ ...life, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' })
  return json({ object: 'list', data: [], has_more: false })
}

function xmlReply(action: string, end: string, token: string): string {
  const parts: Readonly<Record<string, string>> = {
    AssumeRoleWithWebIdentity: `<Credentials><AccessKeyId>ASIA${token}</AccessKeyId><SecretAccessKey>a</SecretAccessKey><SessionToken>b</SessionToken><Expiration>${end}</Expiration></Credentials>`,
    GetWebIdentityToken: `<WebIdentityToken>${token}</WebIdentityToken><Expiration>${end}</Expiration>`,
    GetCallerIdentity: '<Account>1</Account>',
  }
  return `<${action}Response><${action}Result>${parts[action] ?? ''}</${action}Result></${action}Response>`
}
