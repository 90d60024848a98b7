import { execFile } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listExamples, root } from '../../scripts/workspace.mjs'

/** The lines that each example must print. */
const outputs: Readonly<Record<string, unknown>> = {
  'agent-fleet': [
    expect.stringMatching(
      /^4 agents share one login, in (?:redis-server|a stand-in for redis-server, which is .*)$/,
    ),
    ...[0, 1, 2, 3, 4, 5].map(
      (hour) =>
        `Hour ${hour}: 20 requests, 20 responses with 200; refreshes so far: ${hour}, spent tokens: 0`,
    ),
    'After a revocation: 20 responses with 200; refreshes so far: 6, spent tokens: 0',
  ],
  'bearer-only': [
    'Three requests at once: 200, 200, 200, with one token',
    'An hour later: 200, with the next token; nothing was refused',
    'After the service revoked the token: 200, sent again after a 401 with a new token',
    'To an origin that was not named: ERR_AUTH_ORIGIN, nothing was sent, a retry is no use',
    'Without a token endpoint: ERR_AUTH_SOURCE, nothing was sent, a retry makes sense',
    'When it is back: 200',
  ],
  configured: [
    'chat: 200, bearer in header authorization from environment variable CHAT_TOKEN, for the service',
    'images: 200, api-key in header x-api-key from environment variable IMAGES_KEY, for the service',
    'speech: ERR_AUTH_MISSING_ENV, Cannot resolve api-key: key: environment variable SPEECH_KEY is unset or blank; set it',
    'speech: 200, api-key in header authorization from environment variable SPEECH_KEY, for the service',
  ],
  demo: expect.arrayContaining(['48 of 48 checks passed']),
  'mcp-agent': [
    'Three tool calls at once: agent, agent, agent, with one token',
    'After the token was revoked: agent, sent again after a 401 with a new token',
    'With a wrong secret: ERR_AUTH_OAUTH_REFUSED, and the tool server got nothing',
    'To a tool server of another origin: ERR_AUTH_ORIGIN, and nothing was sent',
  ],
  'streaming-client': [
    'With the bearer token: "Grüße from the model", and streamed in 4 pieces',
    'With the API key: "Grüße from the model", and streamed in 4 pieces',
    'With the key of a team: "Grüße from the model", and streamed in 4 pieces',
    'Leaving the loop ended the stream at the server too',
    'An abort rejected with its own reason: the user pressed stop',
    'A busy server was asked until it answered: 503, 503, 200',
    'A bad request says why: The server answered 400: There is no model "unknown"',
    'An error within a stream arrives: The stream ended with an error: The model is overloaded',
    'A request that the server may have read was not sent again: The connection failed',
    'A wrong token was not tried again: The server answered 401',
    'Without a login nothing was sent: Not logged in: run `my-agent login`',
    'A vault that was starting was asked until it gave a token',
  ],
}

const examples = listExamples()
const folder = join(root, 'node_modules', '.cache', `examples-test-${process.pid}`)

beforeAll(async () => {
  await bundle('sound', {})
  const fetch = join(folder, 'bare-fetch.js')
  writeFileSync(fetch, 'export const authFetch = () => globalThis.fetch\n')
  await bundle('bare', { '@outbound-auth/fetch': fetch })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('every example does what it says', () => {
  it('and is described here', () => {
    expect(examples.map((example) => example.folder)).toEqual(Object.keys(outputs))
  })

  it.for(Object.entries(outputs))('%s', async ([name, lines]) => {
    const { code, stdout, stderr } = await start('sound', name)
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n')).toEqual(lines)
    expect(code).toBe(0)
  })

  // Otherwise an example would pass at a server that lets everybody in.
  it.for(Object.keys(outputs))('%s fails when nothing is authenticated', async (name) => {
    const { code, stdout } = await start('bare', name)
    // The demo shows each check, also those that failed.
    expect([code, stdout === '' || name === 'demo']).toEqual([1, true])
  })
})

/** Bundles the examples with our sources, and leaves each in a folder like its own, since it may read files. */
async function bundle(variant: string, alias: Record<string, string>): Promise<void> {
  const isSource = (path: string) => /^(?:node_modules|dist|src|\.turbo)$/.test(basename(path))
  for (const { folder: name, path } of examples)
    cpSync(path, join(folder, variant, name), { recursive: true, filter: (file) => !isSource(file) })
  await build({
    entryPoints: examples.map(({ folder: name, path }) => ({
      in: join(path, 'src/main.ts'),
      out: `${name}/dist/main`,
    })),
    outdir: join(folder, variant),
    bundle: true,
    format: 'esm',
    // CommonJS dependencies call `require`, which ECMAScript modules do not have.
    banner: { js: "import { createRequire as _r } from 'node:module'; const require = _r(import.meta.url)" },
    platform: 'node',
    target: 'node20',
    conditions: ['@outbound-auth/source'],
    alias,
    logLevel: 'silent',
  })
}

interface Outcome {
  readonly code: string | number | null | undefined
  readonly stdout: string
  readonly stderr: string
}

function start(variant: string, name: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const main = join(folder, variant, name, 'dist/main.js')
    execFile(process.execPath, [main], { timeout: 50_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}
