import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { HostileAnswer } from './hostile-answers.js'

/** Starts a server that gives the answer of index N at `/N`. Other paths are noted, and get no answer. */
export async function startHostileServer(
  answers: readonly HostileAnswer[],
): Promise<{ readonly urlOf: (index: number) => string; readonly elsewhere: string[] }> {
  const elsewhere: string[] = []
  const server = createServer((request, response) => {
    const answer = answers[Number(request.url?.slice(1))]
    request.resume()
    if (answer) answer.answer(response, request)
    else elsewhere.push(request.url ?? '')
  })
  // A client whose thread was busy must not find that its connection has ended meanwhile.
  server.keepAliveTimeout = 300_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { urlOf: (index) => `http://127.0.0.1:${port}/${index}`, elsewhere }
}
