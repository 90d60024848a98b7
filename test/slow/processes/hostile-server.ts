import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { HostileAnswer } from './hostile-answers.js'
import { messageOf, startWorker } from './worker.js'

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
  // A client that is busy with a response for long must not find that its connection was closed meanwhile.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { urlOf: (index) => `http://127.0.0.1:${port}/${index}`, elsewhere }
}

/** The fields of each report from a worker that calls `serveRuns()`. */
export interface RunReport {
  readonly tookMs: number
  readonly grownBytes: number
  readonly trouble: readonly string[]
  readonly isPolluted: boolean
}

/**
 * Starts two processes, lets them take one answer after the other, and gives each report to `check`.
 *
 * @param worker a file of `workers/` that calls `serveRuns()`
 * @returns the longest time and the largest growth of memory
 */
export async function tryAnswers<R extends RunReport>(
  worker: string,
  answers: readonly HostileAnswer[],
  urlOf: (index: number) => string,
  check: (report: R, answer: HostileAnswer) => void,
): Promise<Pick<RunReport, 'tookMs' | 'grownBytes'>> {
  const worst = { tookMs: 0, grownBytes: 0 }
  const waiting = [...answers.entries()]
  const work = async () => {
    const child = startWorker(worker)
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, answer] = next
      child.send({ url: urlOf(index), isSilent: answer.results.some((result) => result.includes('TIMEOUT')) })
      const report = await messageOf<R>(child)
      check(report, answer)
      worst.tookMs = Math.max(worst.tookMs, report.tookMs)
      worst.grownBytes = Math.max(worst.grownBytes, report.grownBytes)
    }
  }
  await Promise.all([work(), work()])
  return worst
}
