import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type SharedRecord, sharedStore } from '../../packages/shared-store/src/index.js'
import { root } from '../../scripts/workspace.mjs'
import { prepareDocsProject } from './docs-project.js'
import { readmeBlocks } from './readme-blocks.js'
import { dynamoServer, etcdServer, kubernetesServer, type RecordServer } from './record-servers.js'

const page = 'docs/recipes/shared-records.md'
const blocks = readmeBlocks(readFileSync(join(root, page), 'utf8')).filter(
  ({ language }) => language === 'ts',
)
const folder = join(root, 'node_modules', '.cache', `records-test-${process.pid}`)
const tokenFile = join(folder, 'token')
const secret = 'SECRET-c0ffee'

afterAll(() => rmSync(folder, { recursive: true, force: true }))

let modules = 0

/** The names of a block, as it stands in the page, with a server of this machine. */
async function run(
  index: number,
  address: string,
  origin: string,
): Promise<Readonly<Record<string, (...names: string[]) => SharedRecord>>> {
  const external = prepareDocsProject(folder)
  mkdirSync(folder, { recursive: true })
  writeFileSync(tokenFile, `${secret}\n`)
  const code = blocks[index]?.text ?? ''
  expect(code).toContain(address)
  const contents = code
    .replaceAll(address, origin)
    .replaceAll('/var/run/secrets/kubernetes.io/serviceaccount/token', tokenFile.replaceAll('\\', '/'))
  const outfile = join(folder, `block-${modules++}.mjs`)
  await build({
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@outbound-auth/source'],
    external,
    logLevel: 'silent',
  })
  return import(/* @vite-ignore */ pathToFileURL(outfile).href)
}

function missing(): never {
  throw new Error('The block has no such function')
}

interface Database {
  readonly name: string
  readonly serve: () => Promise<RecordServer>
  readonly open: (origin: string) => Promise<() => SharedRecord>
  /** A reply after which somebody has to change the configuration. */
  readonly denial: { readonly status: number; readonly body: object }
  /** The credential of a request. */
  readonly authorization: unknown
}

const etcd: Pick<Database, 'open'> = {
  open: async (origin) => {
    const { etcdRecord = missing } = await run(2, 'https://etcd.example.com:2379', origin)
    return () => etcdRecord('oa/codex/team-1')
  },
}

const databases: readonly Database[] = [
  {
    name: 'DynamoDB',
    serve: dynamoServer,
    open: async (origin) => {
      const { dynamoRecord = missing } = await run(0, 'https://dynamodb.us-east-1.amazonaws.com', origin)
      return () => dynamoRecord('logins', 'codex/team-1')
    },
    denial: {
      status: 400,
      body: { __type: 'com.amazon.coral.service#AccessDeniedException', message: secret },
    },
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/dynamodb\/aws4_request, /,
    ),
  },
  {
    name: 'a Kubernetes Secret',
    serve: kubernetesServer,
    open: async (origin) => {
      const { secretRecord = missing } = await run(1, 'https://kubernetes.default.svc', origin)
      return () => secretRecord('agents', 'codex-login')
    },
    denial: { status: 403, body: { kind: 'Status', message: secret } },
    authorization: `Bearer ${secret}`,
  },
  {
    name: 'etcd',
    serve: etcdServer,
    ...etcd,
    denial: { status: 403, body: { message: secret } },
    authorization: undefined,
  },
]

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret)
  return () => vi.unstubAllEnvs()
})

/** The promises of a record, each of which a store relies on. */
async function expectRecord(record: () => SharedRecord): Promise<void> {
  const [one, other] = [record(), record()]
  expect(await one.get()).toBe(undefined)
  expect(await one.put('text', (await other.put('first', undefined)) as string)).toBeTypeOf('string')
  expect((await other.get())?.text).toBe('text')
  const { version } = (await one.get()) as { readonly version: string }
  const puts = Array.from({ length: 20 }, (_, index) => record().put(`put ${index}`, version))
  const written = (await Promise.all(puts)).filter((next) => next !== undefined)
  expect(written).toHaveLength(1)
  expect(await one.put('stale', version)).toBe(undefined)
  expect(await one.put('not absent', undefined)).toBe(undefined)
  expect((await one.get())?.version).toBe(written[0])
  const versions = new Set([version, written[0]])
  let latest = written[0] as string
  const texts = ['{"a":1}', '12', 'null', 'true', 'é ☃ 𝄞 \u0000 \\u0041', 'x'.repeat(65_536), '12']
  for (const text of texts) {
    latest = (await one.put(text, latest)) as string
    versions.add(latest)
    expect(await other.get()).toEqual({ text, version: latest })
  }
  expect(versions.size).toBe(texts.length + 2)
}

describe.each(databases)(`${page}: $name`, ({ serve, open, denial, authorization }) => {
  it('keeps the promises of a SharedRecord', async () => {
    const server = await serve()
    await expectRecord(await open(server.origin))
    for (const headers of server.seen) expect(headers.authorization).toEqual(authorization)
  })

  it('lets one of 20 make the record, and gives a new one other versions', async () => {
    const server = await serve()
    const record = await open(server.origin)
    const makes = Array.from({ length: 20 }, (_, index) => record().put(`make ${index}`, undefined))
    const [version, ...more] = (await Promise.all(makes)).filter((next) => next !== undefined)
    expect(more).toEqual([])
    server.remove()
    expect(await record().get()).toBe(undefined)
    expect(await record().put('after a removal', version)).toBe(undefined)
    expect(await record().put('anew', undefined)).not.toBe(version)
  })

  it('is the record of a store: 24 increments of 4 machines are all counted', async () => {
    const server = await serve()
    const record = await open(server.origin)
    const machines = Array.from({ length: 4 }, () => sharedStore<{ count: number }>({ record: record() }))
    const count = (store: (typeof machines)[number]) =>
      store.update((current) => ({ count: (current?.count ?? 0) + 1 }))
    await Promise.all(machines.flatMap((store) => Array.from({ length: 6 }, () => count(store))))
    expect(await machines[0]?.read()).toEqual({ count: 24 })
  })

  it('says what can pass and what cannot, and nothing that the server said', async () => {
    const server = await serve()
    const record = await open(server.origin)
    server.fail(denial)
    const denied = await record()
      .get()
      .catch((error: unknown) => error)
    expect(denied).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_ACCESS' })
    server.fail({ status: 503, body: { message: secret } })
    const failed = await record()
      .put('text', undefined)
      .catch((error: unknown) => error)
    expect(failed).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_STORE_IO' })
    expect(String(denied) + String(failed)).not.toContain(secret)
  })
})

it(`${page}: a namespace that does not exist is not tried again`, async () => {
  const server = await kubernetesServer()
  const { secretRecord = missing } = await run(1, 'https://kubernetes.default.svc', server.origin)
  server.fail({ status: 404, body: { kind: 'Status', code: 404 } })
  await expect(secretRecord('agents', 'codex-login').put('text', undefined)).rejects.toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_STORE_ACCESS',
  })
})

const hasEtcd = spawnSync('etcd', ['--version']).status === 0
if (!hasEtcd) console.log('Skipped: etcd is not installed, so its recipe runs at a stand-in only')

if (hasEtcd)
  it(`${page}: etcd keeps the promises of a SharedRecord at a real server`, keepsPromisesAtEtcd, 90_000)

async function keepsPromisesAtEtcd(): Promise<void> {
  const port = async () => {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const { port: free } = probe.address() as { readonly port: number }
    await new Promise((resolve) => probe.close(resolve))
    return free
  }
  const [origin, peer] = [`http://127.0.0.1:${await port()}`, `http://127.0.0.1:${await port()}`]
  const data = mkdtempSync(join(tmpdir(), 'outbound-auth-etcd-'))
  const clients = ['--listen-client-urls', origin, '--advertise-client-urls', origin]
  const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer]
  const cluster = ['--initial-cluster', `default=${peer}`, '--data-dir', data]
  const server = spawn('etcd', [...clients, ...peers, ...cluster], { stdio: 'ignore' })
  const ended = new Promise((resolve) => server.once('exit', resolve))
  onTestFinished(async () => {
    server.kill()
    await ended
    rmSync(data, { recursive: true, force: true })
  })
  const isUp = () =>
    fetch(`${origin}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  await expect.poll(isUp, { timeout: 60_000 }).toBe(true)
  await expectRecord(await etcd.open(origin))
}
