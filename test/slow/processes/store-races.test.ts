import { expect, it, onTestFinished } from 'vitest'
import { fileStore } from '../../../packages/file-store/src/index.js'
import { startOauthServer } from './oauth-server.mjs'
import { isFull, messageOf, readyWorker, temporaryPath } from './worker.js'

interface Outcome {
  readonly status: number | string
  readonly at: number
}

async function startClients(count: number) {
  const server = await startOauthServer()
  onTestFinished(() => server.close())
  const path = await temporaryPath()
  const refreshToken = await server.issue()
  await fileStore({ path }).update(() => ({ refreshToken }))
  const start = () => readyWorker('token-client', path, server.tokenEndpoint, server.api)
  const clients = await Promise.all(Array.from({ length: count }, start))
  const sendAll = async (): Promise<Outcome[]> => {
    const answers = clients.map((client) => messageOf<Outcome>(client))
    for (const client of clients) client.send('go')
    return Promise.all(answers)
  }
  return { server, path, sendAll }
}

it('8 processes that share a rotating token never show a refresh token twice, and refresh once a round', async () => {
  const rounds = isFull ? 250 : 25
  const { server, sendAll } = await startClients(8)
  for (let round = 1; round <= rounds; round++) {
    server.invalidate()
    const outcomes = await sendAll()
    expect(outcomes.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(server.stats.refreshes).toBe(round)
  }
  expect(server.stats.errors).toEqual([])
  console.log(`8 processes, ${rounds} rounds: ${JSON.stringify(server.stats)}`)
}, 300_000)

it('16 processes that wait for one that is killed go on soon, with one refresh', async () => {
  const rounds = isFull ? 60 : 8
  const { server, path, sendAll } = await startClients(16)
  const delaysMs: number[] = []
  await sendAll()
  for (let round = 2; round <= rounds + 1; round++) {
    const holder = await readyWorker('lock-holder', path)
    server.invalidate()
    const outcomes = sendAll()
    await new Promise((resolve) => setTimeout(resolve, 150))
    const killedAt = Date.now()
    holder.kill('SIGKILL')
    const ended = await outcomes
    expect(ended.map(({ status }) => status)).toEqual(Array(16).fill(200))
    expect(ended.every(({ at }) => at >= killedAt)).toBe(true)
    expect(server.stats.refreshes).toBe(round)
    delaysMs.push(Math.max(...ended.map(({ at }) => at - killedAt)))
  }
  expect(server.stats.errors).toEqual([])
  delaysMs.sort((a, b) => a - b)
  const medianMs = delaysMs[Math.floor(delaysMs.length / 2)]
  const worstMs = delaysMs.at(-1)
  console.log(
    `16 waiters, ${rounds} kills: the last of them went on after ${medianMs} ms, at most ${worstMs} ms`,
  )
  // Waiting out the silence of a dead holder would take 5 s or more. A busy machine delays single rounds, not most.
  expect(medianMs).toBeLessThan(1000)
  expect(worstMs).toBeLessThan(5000)
}, 300_000)
