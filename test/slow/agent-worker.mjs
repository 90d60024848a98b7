// One of several processes that share an agent: sends one request with the task of its time, and says what it got.
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'
import { agentIdentityAuth } from '../../packages/agent-identity/dist/index.js'
import { createExchange } from '../../packages/core/dist/exchange.js'
import { createHeaderMap } from '../../packages/core/dist/index.js'

const [file = '', origin = '', agentRuntimeId = '', privateKey = '', taskId = ''] = process.argv.slice(2)

/** A store as small as can be: a folder is the lock. Nobody dies here while holding it. */
const store = {
  read: async () => JSON.parse(readFileSync(file, 'utf8')),
  async update(/** @type {(current: unknown) => unknown} */ change) {
    for (;;) {
      try {
        mkdirSync(`${file}.lock`)
        break
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    try {
      const changed = await change(await store.read())
      if (changed !== undefined) {
        writeFileSync(`${file}.new`, JSON.stringify(changed))
        renameSync(`${file}.new`, file)
      }
      return await store.read()
    } finally {
      rmdirSync(`${file}.lock`)
    }
  },
}

const auth = agentIdentityAuth({
  agentRuntimeId,
  privateKey,
  taskId,
  registration: { baseUrl: `${origin}/api/accounts`, store: /** @type {never} */ (store) },
})
const exchange = createExchange(auth, { allowedOrigins: [origin] })
// All begin together, so that their refusals meet.
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const answered = await Promise.all(
  Array.from({ length: 20 }, () =>
    exchange.send(
      { method: 'POST', url: `${origin}/responses`, headers: {}, body: '{}' },
      {
        send: ({ url, headers }) => fetch(url, { method: 'POST', headers: [...headers], body: '{}' }),
        status: ({ status }) => status,
        headers: ({ headers }) => createHeaderMap(headers),
        readBody: (response) => response.clone().text(),
        discard: (response) => response.body?.cancel(),
      },
    ),
  ),
)
process.stdout.write(`${JSON.stringify(answered.map(({ status }) => status))}\n`)
process.exit()
