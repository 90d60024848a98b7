import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runChild } from './run-child.js'

/** A Codex home, and a server that both programs ask. */
export interface Probe {
  /** `config.toml`; `ORIGIN` stands for the server, and `HOME` for the folder around the home. */
  readonly config: string
  /** @default lab */
  readonly provider?: string
  readonly login?: object | string
  readonly env?: Readonly<Record<string, string>>
  /** Files by their path in the folder around the home, all of them executable. */
  readonly files?: Readonly<Record<string, string>>
  /** Status, and perhaps JSON, of the first responses to a model request; every later one is a finished turn. */
  readonly refusals?: readonly (readonly [status: number, json?: object])[]
  /** Responses of other servers, by the end of their path. */
  readonly answers?: Readonly<Record<string, object>>
}

const events = [
  { type: 'response.created', response: { id: 'r' } },
  {
    type: 'response.completed',
    response: { id: 'r', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
  },
]
const turn = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/**
 * Describes in words how one program handles a probe: each model request that is not a repetition, and how the request
 * ended. `Bearer a; ok`.
 *
 * @param command the bundle of our command; without it the real client runs
 */
export async function outcomeOf(probe: Probe, command?: string): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'outbound-auth-probe-'))
  const steps: string[] = []
  let count = 0
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const { method, url = '', headers } = request
    const json = (status: number, value: object) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (method !== 'POST' || !/\/responses(\?|$)/.test(url)) {
      const found = Object.entries(probe.answers ?? {}).find(([path]) => url.endsWith(path))
      if (!found) return json(200, { models: [], data: [] })
      if (!url.endsWith('/whoami')) steps.push(found[0])
      return json(200, found[1])
    }
    const { authorization: sent, cookie, 'x-team': team, 'x-gw': gateway } = headers
    const account = headers['chatgpt-account-id']
    const signer = /^AWS4-HMAC-SHA256 Credential=(\w+)/.exec(sent ?? '')?.[1]
    const path = url.replace(/^\/v1\/responses/, '')
    const parts = [signer ?? sent ?? 'bare', account, cookie, team, gateway && `gw ${gateway}`, path]
    steps.push(parts.filter(Boolean).join(' '))
    const [status, value = { error: { message: 'no' } }] = probe.refusals?.[count++] ?? [200]
    if (status !== 200) return json(status, value)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(turn)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fill = (text: string) => text.replaceAll('ORIGIN', origin).replaceAll('HOME', root)
  const put = (name: string, text: string, mode = 0o755) => {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), fill(text), { mode })
  }
  try {
    put(
      'home/config.toml',
      `model = "mock-model"\nmodel_provider = "${probe.provider ?? 'lab'}"\n${probe.config}`,
    )
    mkdirSync(join(root, 'work'))
    const { login } = probe
    if (login !== undefined) {
      put('home/auth.json', typeof login === 'string' ? login : JSON.stringify(login), 0o600)
    }
    for (const [name, text] of Object.entries(probe.files ?? {})) put(name, text)
    const own = Object.entries(probe.env ?? {}).map(([name, value]) => [name, fill(value)])
    const env = {
      PATH: `${root}/bin:${process.env['PATH']}`,
      ['HOME']: root,
      CODEX_HOME: join(root, 'home'),
      AWS_EC2_METADATA_DISABLED: 'true',
      // Nothing leaves this machine: there is no proxy at this port.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
      ...Object.fromEntries(own),
    }
    const request = ['request', 'POST', 'responses', '--codex-home', join(root, 'home'), '-d', '{}']
    const [file, args] = command
      ? [process.execPath, [command, ...request]]
      : ['codex', ['exec', '--skip-git-repo-check', '--ephemeral', 'say ok']]
    const result = await runChild(String(file), args as string[], env, join(root, 'work'))
    const told = steps.filter((step, index) => step !== steps[index - 1])
    return [...told, result.startsWith('0') ? 'ok' : 'error'].join('; ')
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(root, { recursive: true, force: true })
  }
}
