import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DemoResponse } from './demo-request.js'
import type { DemoScenario } from './demo-scenario.js'

/** A server on this machine that checks credentials. */
export interface DemoServer {
  readonly origin: string
  /** How many requests came for a scenario, or at all. */
  count(name?: string): number
  close(): Promise<void>
}

/** Starts a server that responds to `/NAME/…` with 200 if the scenario accepts the credential, else with 401. */
export async function startDemoServer(scenarios: readonly DemoScenario[]): Promise<DemoServer> {
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const name = pathname.split('/')[1] ?? ''
    seen.push(name)
    const scenario = scenarios.find((candidate) => candidate.name === name)
    const { method = '', url: target = '' } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const arrival = { method, target, headers: request.headers, query: searchParams, body }
    const special = scenario?.respond?.(arrival)
    const problem = scenario ? !special && (await scenario.verify(arrival)) : 'not found'
    const rejectedStatus = scenario ? 401 : 404
    const { status, json, text, headers }: DemoResponse = special ?? {
      status: problem ? rejectedStatus : 200,
      json: problem ? { error: problem } : { verified: name },
      headers: problem ? scenario?.headers?.() : undefined,
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(text ?? JSON.stringify(json))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    count: (name) => seen.filter((entry) => name === undefined || entry === name).length,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
