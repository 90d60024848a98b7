// One of several processes that share an agent: sends one request with the task of its time, and says what it got.
import { agentIdentityAuth } from '../../../packages/agent-identity/dist/index.js'
import { createExchange } from '../../../packages/core/dist/exchange/index.js'
import { createHeaderMap } from '../../../packages/core/dist/index.js'
import { fileStore } from '../../../packages/file-store/dist/index.js'

const [file = '', origin = '', agentRuntimeId = '', privateKey = '', taskId = ''] = process.argv.slice(2)

const auth = agentIdentityAuth({
  agentRuntimeId,
  privateKey,
  taskId,
  registration: { baseUrl: `${origin}/api/accounts`, store: fileStore({ path: file }) },
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
