import { createHmac } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { isSignedBy, type LabRequest, type Replay, sha256 } from './codex-lab.js'
import { fill } from './codex-recording.js'
import type { Recording, RequiredRequest } from './recorded-scenario.js'

/**
 * Headers that only name the client, content negotiation, compression, what a signature adds; and `host`, which fetch
 * sets by itself: the credential is bound to the origin of the URL.
 */
const notCompared =
  /^(host|user-agent|originator|version|accept|content-type|content-encoding|session-id|thread-id|x-client-request-id|x-codex-.*|x-amz-date)$/
/** Headers that must not be there unless the recording has them. */
const credentialHeaders =
  /^(authorization|proxy-authorization|chatgpt-account-id|x-openai-.*|openai-.*|api-key|x-api-key|cookie|x-amz-.*|x-goog-.*|x-gateway-.*)$/

/** How each class of failure must speak. */
const meanings: Readonly<Record<string, RegExp>> = {
  http_401: /401/,
  http_5xx: /500/,
  retry_limit_429: /429/,
  config: /config\.toml/,
  missing_env: /LAB_KEY/,
  aws_config: /region/i,
  agent_registration: /register the agent/,
  refresh_other: /rejected the refresh token/,
  refresh_revoked: /revoked/,
  refresh_transient_403: /403/,
  workload_identity: /OPENAI_IDENTITY_TOKEN_FILE/,
  other: /account/,
  no_end: /access token/,
}

/** Every difference between a replay and what the recording requires; nothing when it passes. */
export function differencesOf(recording: Recording, run: Replay): string[] {
  const { required } = recording
  const differences: string[] = []
  const failed = run.code !== 0
  const differ = (what: string, wanted?: unknown, got?: unknown) =>
    differences.push(wanted === undefined ? what : `${what}: ${show(wanted)} was required, ${show(got)} came`)

  const mayStop = required.mode === 'may-fail' && failed
  if (required.mode === 'must-fail' && !failed) differ('only an error is right')
  if (required.mode === 'normal' && failed !== (required.outcome === 'error')) {
    differ('outcome', required.outcome, run.code)
  }
  if (failed && required.error_class && !(meanings[required.error_class] ?? /^$/).test(run.err)) {
    differ('error class', required.error_class, run.err)
  }
  if (failed && run.err.split('\n').filter((line) => line.includes('(ERR_')).length !== 1) {
    differ('an error with a code', '', run.err)
  }

  const models = run.seen.filter(({ class: of }) => of === 'model')
  const calls = run.seen.filter(({ class: of }) => of !== 'model')
  // After a refusal that the real client met with the same token again, ours refreshes and goes on.
  const extra =
    required.deliberate.some((line) => line.includes('refused token')) && required.outcome === 'ok' ? 1 : 0
  if (!mayStop) {
    if (models.length !== required.model_requests.length + extra) {
      differ('model requests', required.model_requests.length, models.length)
    }
    required.model_requests.forEach((wanted, index) => {
      const found = models[index]
      if (found) compareRequest(`model request ${index}`, wanted, found)
    })
  }
  if (!mayStop || calls.length > 0) {
    if (calls.length !== required.auth_calls.length + extra) {
      differ(
        'auth calls',
        required.auth_calls.map(({ url }) => url),
        calls.map(({ url }) => url),
      )
    }
    required.auth_calls.forEach((wanted, index) => {
      const found = calls[index]
      if (found) compareRequest(`auth call ${index}`, wanted, found)
    })
  }
  compareFile()
  compareSecrets()
  return differences

  function compareRequest(what: string, wanted: RequiredRequest, found: LabRequest): void {
    const url = fill(wanted.url, run.placeholders)
    if (!isSameUrl(url, found.url)) differ(`${what}: URL`, url, found.url)
    if (wanted.method !== found.method) differ(`${what}: method`, wanted.method, found.method)
    const wantedHeaders = fill(wanted.auth_headers, run.placeholders)
    for (const [name, value] of Object.entries(wantedHeaders)) {
      if (notCompared.test(name)) continue
      const values = found.headers.filter(([header]) => header === name).map(([, text]) => text)
      if (values.length !== 1) differ(`${what}: ${name}`, value, values)
      else if (typeof value !== 'string')
        compareAssertion(`${what}: assertion`, value.envelope, values[0] ?? '')
      else if (value.startsWith('AWS4-')) compareSignature(what, value, found)
      else if (squeeze(value) !== squeeze(values[0] ?? '')) differ(`${what}: ${name}`, value, values[0])
    }
    for (const [name, value] of found.headers) {
      if (credentialHeaders.test(name) && !(name in wantedHeaders) && !notCompared.test(name)) {
        differ(`${what}: ${name} should not be there`, '', value)
      }
    }
    if (wanted.body) compareBody(what, wanted, found)
  }

  function compareBody(what: string, wanted: RequiredRequest, found: LabRequest): void {
    if (typeof wanted.body === 'string') {
      const pairs = (text: string) => [...new URLSearchParams(text)].sort()
      const form = fill(wanted.body, run.placeholders)
      if (!isDeepStrictEqual(pairs(form), pairs(found.body))) differ(`${what}: form`, form, found.body)
      return
    }
    const body: Record<string, unknown> = JSON.parse(found.body)
    const expected = fill(wanted.body as Record<string, unknown>, run.placeholders)
    for (const [name, value] of Object.entries(expected)) {
      const actual = body[name]
      if (value === '{{timestamp}}') {
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(actual)))
          differ(`${what}: ${name}`, value, actual)
      } else if (value === '{{signature}}') {
        const agent = /\/v1\/agent\/([^/]+)\/task/.exec(found.url)?.[1]
        if (!isSignedBy(run.agentKey, `${agent}:${body['timestamp']}`, String(actual)))
          differ(`${what}: ${name} is not valid`)
      } else if (value === '{{agent_public_key}}') {
        if (!/^ssh-ed25519 [\w+/=]+$/.test(String(actual))) differ(`${what}: ${name}`, value, actual)
      } else if (!isDeepStrictEqual(value, actual)) differ(`${what}: ${name}`, value, actual)
    }
    if (!isDeepStrictEqual(Object.keys(body), Object.keys(expected))) {
      differ(`${what}: members`, Object.keys(expected), Object.keys(body))
    }
  }

  function compareAssertion(what: string, wanted: Record<string, string>, header: string): void {
    const [scheme, encoded = ''] = header.split(' ')
    if (scheme !== 'AgentAssertion' || !/^[\w-]+$/.test(encoded)) return void differ(what, wanted, header)
    const json = Buffer.from(encoded, 'base64url').toString()
    const envelope = JSON.parse(json)
    const { agent_runtime_id: agent, task_id: task, timestamp, signature } = envelope
    if (json !== JSON.stringify({ agent_runtime_id: agent, signature, task_id: task, timestamp }))
      differ(`${what}: form`)
    if (agent !== wanted['agent_runtime_id'] || task !== wanted['task_id']) differ(what, wanted, envelope)
    if (!isSignedBy(run.agentKey, `${agent}:${task}:${timestamp}`, signature)) differ(`${what}: signature`)
  }

  function compareSignature(what: string, wanted: string, found: LabRequest): void {
    const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^/]+)\/(.+), ?SignedHeaders=(.+), ?Signature=(.+)$/
    const headers = new Map(found.headers)
    const got = form.exec(headers.get('authorization') ?? '')
    const want = form.exec(wanted)
    if (!got || want?.[1] !== got[1] || want?.[3] !== got[3]) {
      return void differ(`${what}: authorization`, wanted, headers.get('authorization'))
    }
    const [, id = '', date = '', scope = '', names = '', signature] = got
    const secret = secretsOfAws(recording, run).get(id)
    if (secret === undefined) return void differ(`${what}: unknown access key`, '', id)
    const signed = names.split(';')
    for (const name of ['host', 'x-amz-date'])
      if (!signed.includes(name)) differ(`${what}: ${name} is not signed`)
    const url = new URL(found.url)
    const lines = signed.map((name) => {
      const value = name === 'host' ? url.host : (headers.get(name) ?? '')
      return `${name}:${value.trim().replace(/ +/g, ' ')}\n`
    })
    const canonical = [found.method, url.pathname, '', lines.join(''), names, sha256(found.body)].join('\n')
    const text = ['AWS4-HMAC-SHA256', headers.get('x-amz-date'), `${date}/${scope}`, sha256(canonical)].join(
      '\n',
    )
    const key = [date, ...scope.split('/')].reduce<string | Buffer>(
      (key, part) => createHmac('sha256', key).update(part).digest(),
      `AWS4${secret}`,
    )
    if (createHmac('sha256', key).update(text).digest('hex') !== signature)
      differ(`${what}: signature is wrong`)
  }

  function compareFile(): void {
    const { auth_json_after: wanted } = required
    const isSame = run.authAfter === run.authBefore
    if (!wanted && !isSame && extra === 0) differ('auth.json should be unchanged', '', run.authAfter)
    if (
      wanted &&
      !isDeepStrictEqual(masked(fill(wanted, run.placeholders)), masked(JSON.parse(run.authAfter ?? '{}')))
    ) {
      differ('auth.json', wanted, run.authAfter)
    }
    if (!isSame && run.authMode !== 0o600) differ('mode of auth.json', 0o600, run.authMode)
  }

  function compareSecrets(): void {
    const secrets = Object.entries(run.placeholders)
      .filter(([name, value]) => /^auth_json|^env\..*(KEY|TOKEN|SECRET)/.test(name) && isSecret(name, value))
      .map(([, value]) => value.trim())
    for (const secret of secrets) {
      if ((run.out + run.err).includes(secret)) differ('a secret was printed', '', secret)
      if (run.seen.some(({ url }) => decodeURIComponent(url).includes(secret))) differ('a secret in a URL')
    }
  }
}

function isSecret(name: string, value: string): boolean {
  return (
    value.trim().length > 5 &&
    !/^https?:/.test(value.trim()) &&
    !/(auth_mode|last_refresh|account_id|user_id|email|plan_type|runtime_id|task_id|region)$|ACCESS_KEY_ID|_FILE$/.test(
      name,
    )
  )
}

function isSameUrl(left: string, right: string): boolean {
  const [a, b] = [new URL(left), new URL(right)]
  const pairs = (url: URL) => [...url.searchParams].map(([name, value]) => `${name}=${value}`).sort()
  return a.origin + a.pathname === b.origin + b.pathname && isDeepStrictEqual(pairs(a), pairs(b))
}

function squeeze(value: string): string {
  return value.trim().replace(/\s+/g, ' ')
}

function masked(document: Record<string, unknown>): unknown {
  return JSON.parse(
    JSON.stringify({ ...document, last_refresh: undefined }, (name, value) =>
      name === 'agent_private_key' ? 'key' : value,
    ),
  )
}

function secretsOfAws(recording: Recording, { placeholders }: Replay): Map<string, string> {
  const texts = [...Object.values(recording.files ?? {}), JSON.stringify(recording.auth_json)].join('\n')
  const found = new Map<string, string>()
  const { 'env.AWS_ACCESS_KEY_ID': id, 'env.AWS_SECRET_ACCESS_KEY': secret } = placeholders
  if (id && secret) found.set(id, secret)
  const pairs =
    /(?:aws_access_key_id = |"AccessKeyId":"|"access_key_id":")(\w+)(?:\n|",).*?(?:aws_secret_access_key = |"SecretAccessKey":"|"secret_access_key":")([\w-]+)/gs
  for (const [, key = '', value = ''] of texts.matchAll(pairs)) found.set(key, value)
  return found
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
