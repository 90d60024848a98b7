import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCodexLab, problemOf, requestOf } from './codex-lab.js'

const names = [
  'Host',
  'Connection',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  'Trailer',
  'Upgrade',
  'Keep-Alive',
  'Proxy-Connection',
  'Sec-Fetch-Mode',
]
const lab =
  'model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n'
const tableOf = (value: string) =>
  `{ ${names.map((name) => `${name} = "${value}"`).join(', ')}, X-Team = "${value}" }`

describe('createCodexResolver()', () => {
  it('leaves out what the transport owns, and rejects nothing for it', async () => {
    const text = `${lab}env_key = "KEY"\nhttp_headers = ${tableOf('one')}\nenv_http_headers = ${tableOf('TWO')}`
    const { codex } = createCodexLab({ 'config.toml': text }, { env: { KEY: 'sk-1', TWO: 'two' } })
    const auth = await codex.resolve()
    expect((await requestOf(auth)).headers).toEqual({ authorization: 'Bearer sk-1', 'x-team': 'two' })
    expect(auth.secretHeaderNames).toEqual(['x-team'])
  })

  it('sends a request with such headers as one without them', async () => {
    const seen: string[][] = []
    const server = createServer((request, response) => {
      seen.push(request.rawHeaders)
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const headers of ['{}', tableOf('close').replace(', X-Team = "close"', '')]) {
      const table = lab.replace('https://lab.example.com', origin)
      const text = `${table}experimental_bearer_token = "t"\nhttp_headers = ${headers}`
      const { codex } = createCodexLab({ 'config.toml': text })
      const request = await requestOf(await codex.resolve())
      await (await fetch(request.url, { method: 'POST', body: '{}', headers: request.headers })).text()
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen).toHaveLength(2)
  })

  it('sends te and content-type as it is told', async () => {
    const headers = '{ TE = "trailers", Content-Type = "application/x-mine" }'
    const text = `${lab}experimental_bearer_token = "t"\nhttp_headers = ${headers}`
    const { codex } = createCodexLab({ 'config.toml': text })
    expect((await requestOf(await codex.resolve())).headers).toEqual({
      authorization: 'Bearer t',
      te: 'trailers',
      'content-type': 'application/x-mine',
    })
  })

  it.each([...names, 'Content-Type', 'TE'])(
    'rejects %s as the place of a gateway credential',
    async (name) => {
      const gateway = `[model_providers.lab.gateway_oauth]
delivery = { kind = "header", name = "${name}" }
credential_export = { command = "echo", args = ["planted-secret"] }`
      const { codex } = createCodexLab({ 'config.toml': `${lab}experimental_bearer_token = "t"\n${gateway}` })
      const problem = await problemOf(codex.resolve())
      expect(problem).toMatch(/gateway_oauth\.delivery uses the (reserved )?header [a-z-]+/)
      expect(problem).not.toContain('planted')
    },
  )

  it.each(['X-Gateway', 'X-Gateway-Token'])('sends a gateway credential in %s', async (name) => {
    const gateway = `[model_providers.lab.gateway_oauth]
delivery = { kind = "header", name = "${name}" }
credential_export = { command = "echo", args = ["g"] }`
    const { codex } = createCodexLab({ 'config.toml': `${lab}experimental_bearer_token = "t"\n${gateway}` })
    expect((await requestOf(await codex.resolve())).headers).toEqual({
      authorization: 'Bearer t',
      [name.toLowerCase()]: 'Bearer g',
    })
  })
})
