import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { root } from '../../scripts/workspace.mjs'
import { expectNoProblems } from '../rules/expect-no-problems.js'
import { prepareDocsProject } from './docs-project.js'
import { readmeBlocks } from './readme-blocks.js'

/** The effect of each block of the README, in the order of the blocks. */
interface Example {
  readonly name: string
  /** Where its one request arrives, as `METHOD /path`; undefined when it sends nothing. */
  readonly sends?: string
  /** All credentials in that request. */
  readonly credentials?: Readonly<Record<string, string>>
  /** Other headers of that request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Names of the block, and what they must be in the end. */
  readonly values: Readonly<Record<string, unknown>>
}

const ok = expect.objectContaining({ status: 200 })
const bearer = { authorization: 'Bearer secret-1' }

const examples: readonly Example[] = [
  { name: 'bearerAuth()', sends: 'GET /v1/models', credentials: bearer, values: { response: ok } },
  {
    name: 'commandToken() in the openai client',
    sends: 'POST /v1/chat/completions',
    credentials: bearer,
    values: { choices: [expect.objectContaining({ message: { role: 'assistant', content: 'hello' } })] },
  },
  {
    name: 'createResolver()',
    sends: 'GET /v1/models',
    credentials: { 'x-api-key': 'secret-1' },
    headers: { 'anthropic-version': '2023-06-01' },
    values: { response: ok },
  },
  {
    name: 'sigV4Auth()',
    sends: 'GET /photos/a%281%29%402x.png',
    credentials: {
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
      ),
    },
    values: { response: ok },
  },
  {
    name: 'a client that holds a provider',
    sends: 'GET /v1/models',
    credentials: bearer,
    values: { response: ok },
  },
  {
    name: 'a provider of one’s own',
    sends: 'GET /v1/models',
    credentials: { 'x-tenant-key': 'secret-1' },
    headers: { 'x-tenant': 'tenant-1' },
    values: { response: ok },
  },
]

const blocks = readmeBlocks(readFileSync(join(root, 'README.md'), 'utf8')).filter(
  ({ language }) => language === 'ts',
)
const services = [
  'bucket.s3.us-east-1.amazonaws.com',
  'api.example.com',
  'api.openai.com',
  'api.anthropic.com',
  'gateway.example.com',
]
const secretFile = '/run/secrets/gateway-token'
const credentialHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-tenant-key']

const folder = join(root, 'node_modules', '.cache', `readme-test-${process.pid}`)
const arrivals: { readonly target: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] =
  []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  arrivals.push({ target: `${request.method} ${request.url}`, headers: request.headers, body })
  response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(request.url ?? ''))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await buildBlocks(`127.0.0.1:${(server.address() as AddressInfo).port}`)
})

beforeEach(() => {
  arrivals.length = 0
})

afterAll(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('every ts block of README.md does what it says', () => {
  it('and each has an example here', () => {
    expect(blocks).toHaveLength(examples.length)
  })

  it.for(examples)('$name', async (example, { skip }) => {
    const { sends, credentials, headers = {}, values } = example
    // The stand-in for the command is a shell script.
    skip(process.platform === 'win32' && example.name.startsWith('commandToken'))
    const index = examples.indexOf(example)
    const module = await import(/* @vite-ignore */ pathToFileURL(join(folder, `block-${index}.mjs`)).href)
    expect({ ...module }).toEqual(values)
    expect(arrivals.map(({ target }) => target)).toEqual(sends === undefined ? [] : [sends])
    for (const arrival of arrivals) {
      const found = Object.entries(arrival.headers).filter(([name]) => credentialHeaders.includes(name))
      expect(Object.fromEntries(found)).toEqual(credentials)
      expect(arrival.headers).toMatchObject(headers)
      expect(JSON.stringify(arrival)).not.toContain('unused')
    }
  })
})

/** Bundles the blocks as they are, with our sources, then puts this machine in the place of all services. */
async function buildBlocks(host: string): Promise<void> {
  // Without these replacements requests would reach a real service.
  const named = blocks.flatMap(({ text }) =>
    Array.from(text.matchAll(/\w+:\/\/([\w.-]+)/g), ([, name]) => name),
  )
  const unknown = named.filter((name = '') => !services.includes(name))
  expectNoProblems(
    unknown.map((name) => `README.md calls ${name}: add it to \`services\` in test/docs/readme.test.ts`),
  )
  const external = prepareDocsProject(folder)
  for (const [index, { text }] of blocks.entries()) {
    const names = Object.keys(examples[index]?.values ?? {})
    writeFileSync(join(folder, `block-${index}.ts`), `${text}\nexport { ${names.join(', ')} }\n`)
  }
  const { outputFiles } = await build({
    entryPoints: blocks.map((_, index) => join(folder, `block-${index}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@outbound-auth/source'],
    external,
    write: false,
    logLevel: 'silent',
  })
  const fileName = join(folder, 'gateway-token')
  writeFileSync(fileName, 'secret-1\n')
  for (const { path, text } of outputFiles) {
    const local = services.reduce(
      (code, name) =>
        code.replaceAll(`https://${name}`, `http://${host}`).replaceAll(`wss://${name}`, `ws://${host}`),
      text,
    )
    writeFileSync(path, local.replaceAll(secretFile, fileName.replaceAll('\\', '/')))
  }
  writeFileSync(
    join(folder, 'vault'),
    '#!/bin/sh\n[ "$*" = "kv get -field=token secret/openai" ] && echo secret-1\n',
  )
  chmodSync(join(folder, 'vault'), 0o755)
  vi.stubEnv('PATH', folder + delimiter + process.env['PATH'])
  vi.stubEnv('ANTHROPIC_API_KEY', 'secret-1')
}

function answerTo(path: string): string {
  const message = { role: 'assistant', content: 'hello' }
  if (path.endsWith('/chat/completions')) {
    const choices = [{ index: 0, finish_reason: 'stop', message }]
    return JSON.stringify({ id: 'c1', object: 'chat.completion', created: 1, model: 'm', choices })
  }
  if (path.endsWith('/messages')) {
    return JSON.stringify({
      ...message,
      id: 'm1',
      type: 'message',
      content: [{ type: 'text', text: 'hello' }],
    })
  }
  return JSON.stringify({ object: 'list', data: [{ id: 'm' }] })
}
