import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { fileStore } from '../../../packages/file-store/src/index.js'
import { isFull, messageOf, readyWorker, temporaryPath } from './worker.js'

interface Report {
  readonly updates: number
  readonly errors: readonly string[]
}

it('8 processes that change one file as fast as they can get no error and lose no change', async () => {
  const seconds = isFull ? 60 : 5
  const path = await temporaryPath()
  const workers = await Promise.all(Array.from({ length: 8 }, () => readyWorker('store-churner', path)))
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const reports = workers.map((worker) => messageOf<Report>(worker))
  for (const worker of workers) worker.send('stop')
  const ended = await Promise.all(reports)
  expect(ended.flatMap(({ errors }) => errors)).toEqual([])
  const updates = ended.reduce((sum, report) => sum + report.updates, 0)
  expect(await fileStore({ path }).read()).toBe(updates)
  expect((await readdir(dirname(path))).sort()).toEqual(['token.json', 'token.json.locks'])
  console.log(`8 processes, ${seconds} s: ${updates} updates, 0 errors`)
}, 120_000)
