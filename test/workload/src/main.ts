import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Oracle, oracles, type Place } from './oracles.js'
import { type Recorded, startRecorder } from './recorder.js'

const folder = mkdtempSync(join(tmpdir(), 'workload tests '))
const file = join(folder, 'subject token')
const ofTransport =
  /^(host|connection|content-length|accept|accept-encoding|accept-language|user-agent|sec-fetch-mode|transfer-encoding)$/
const ofTelemetry =
  /^(x-goog-api-client|x-client-|x-ms-|amz-sdk-|x-amz-user-agent|x-stainless-|return-client-request-id|client-request-id)/
const problems: string[] = []
const rows: string[] = []

for (const oracle of oracles) {
  const sdk = `${oracle.sdk} ${versionOf(oracle.sdk)}`
  const theirs = await exchangesOf(oracle, 'theirs')
  const ours = await exchangesOf(oracle, 'ours')
  const differences = compare(theirs, ours, oracle)
  problems.push(...differences.map((difference) => `${oracle.name}: ${difference}`))
  const verdict = differences.length === 0 ? 'the same as' : 'DIFFERENT from'
  const requests = ours.length === 1 ? '1 request' : `${ours.length} requests`
  console.log(`${oracle.name}: ${requests}, ${verdict} ${sdk}`)
  if (oracle.isCached === false) continue
  const [storm, ownStorm] = [await stormOf(oracle, 'theirs'), await stormOf(oracle, 'ours')]
  const [row, ownRow] = [await shortLifeOf(oracle, 'theirs'), await shortLifeOf(oracle, 'ours')]
  if (ownStorm !== ours.length) problems.push(`${oracle.name}: 50 callers made ${ownStorm} requests`)
  if (ownRow !== ours.length) problems.push(`${oracle.name}: a short life made ${ownRow} requests`)
  rows.push(`| ${oracle.name} | ${sdk} | ${storm} | ${ownStorm} | ${row} | ${ownRow} |`)
}
rmSync(folder, { recursive: true, force: true })
checkTable()
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
}

/** Runs a task at a server of its own, and returns what was exchanged. */
async function recorded(
  oracle: Oracle,
  side: 'theirs' | 'ours',
  text: string,
  seconds: number,
  task: (call: () => Promise<unknown>, count: () => number) => Promise<unknown>,
): Promise<readonly Recorded[]> {
  const recorder = await startRecorder(() => new Date())
  try {
    // The SDK of an earlier step may read the file in the background, and must not find it empty.
    writeFileSync(`${file} new`, text)
    renameSync(`${file} new`, file)
    recorder.live(seconds)
    const { origin } = recorder
    const fetch: typeof globalThis.fetch = (input, init) => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : String(input))
      return globalThis.fetch(origin + pathname + search, init)
    }
    const place: Place = { origin, file, fetch }
    await task(oracle[side](place), () => recorder.requests.length)
    return recorder.exchanges()
  } finally {
    recorder.close()
  }
}

/** The exchange of one call. Not all SDKs trim the file, so there is nothing to trim for them. */
async function exchangesOf(oracle: Oracle, side: 'theirs' | 'ours'): Promise<readonly Recorded[]> {
  return recorded(
    oracle,
    side,
    side === 'ours' ? ' header.claims.signature\n' : 'header.claims.signature',
    3600,
    (call) => call(),
  )
}

/** The exchanges of 50 calls at the same time. */
async function stormOf(oracle: Oracle, side: 'theirs' | 'ours'): Promise<number> {
  const storm = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: 50 }, call))
  return (await recorded(oracle, side, 'header.claims.signature', 3600, storm)).length
}

/** The exchanges of 4 calls, one after the other, while a token lives 100 s. */
async function shortLifeOf(oracle: Oracle, side: 'theirs' | 'ours'): Promise<number> {
  const calls = async (call: () => Promise<unknown>, count: () => number) => {
    for (let index = 0; index < 4; index++) {
      await call()
      // An exchange in the background ends before the next call.
      for (let seen = -1; seen !== count(); await new Promise((resolve) => setTimeout(resolve, 200)))
        seen = count()
    }
  }
  return (await recorded(oracle, side, 'header.claims.signature', 100, calls)).length
}

function compare(theirs: readonly Recorded[], ours: readonly Recorded[], oracle: Oracle): string[] {
  if (theirs.length === 0) return ['the SDK exchanged nothing']
  if (theirs.length !== ours.length) return [`${ours.length} requests, the SDK has ${theirs.length}`]
  return theirs.flatMap((their, index) => {
    const our = ours[index] as Recorded
    const pairs: readonly (readonly [string, unknown, unknown])[] = [
      ['method', their.method, our.method],
      ['path', pathOf(their, oracle), pathOf(our, oracle)],
      ['members', membersOf(their, oracle), membersOf(our, oracle)],
      ['headers', headersOf(their), headersOf(our)],
    ]
    return pairs
      .filter(([, a, b]) => !isDeepStrictEqual(a, b))
      .map(([part, a, b]) => `${part}: the SDK has ${JSON.stringify(a)}, ours ${JSON.stringify(b)}`)
  })
}

/** `client-request-id` in the query of Azure is telemetry. */
function pathOf({ path }: Recorded, { telemetry }: Oracle): string {
  return telemetry ? (path.split('?')[0] ?? '') : path
}

/** Forms and objects have no order; equal ones are easier to read in one. */
function membersOf({ members }: Recorded, { telemetry }: Oracle) {
  const own = members.filter(([name]) => !telemetry?.test(name))
  return [...own].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The headers that a service acts on. Of a signature only the name, since each signature has its own time. */
function headersOf({ headers }: Recorded) {
  const kept = Object.entries(headers).filter(
    ([name]) =>
      !ofTransport.test(name) && !ofTelemetry.test(name) && !/^x-amz-(date|content-sha256)$/.test(name),
  )
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const text = String(value)
      if (name === 'content-type') return [name, text.split(';')[0]]
      if (text.startsWith('AWS4-')) return [name, text.replace(/\/\d{8}\/|SignedHeaders.*/g, '')]
      return [name, text.replace(/^Bearer .*/, 'Bearer')]
    }),
  )
}

/** The table in the documentation is what was measured. */
function checkTable(): void {
  const path = join(import.meta.dirname, '../../../docs/workload-identity.md')
  const document = readFileSync(path, 'utf8')
  const [head = '', rest = ''] = document.split('<!-- measured -->\n')
  const [, tail = ''] = rest.split('<!-- end -->\n')
  const table = [
    '| exchange | SDK | 50 calls at once: SDK | ours | 4 calls, a token lives 100 s: SDK | ours |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  const wanted = `${head}<!-- measured -->\n${table}<!-- end -->\n${tail}`
  if (process.argv.includes('--write')) writeFileSync(path, wanted)
  // How often an SDK exchanges in the background depends on how busy the machine is.
  else if (withoutCounts(wanted) !== withoutCounts(document))
    problems.push(`docs/workload-identity.md is old: run pnpm test:workload --write\n${table}`)
}

/** The document without the counts of the SDKs. */
function withoutCounts(document: string): string {
  return document.replace(/^(\| [^|]+ \| [^|]+ \|) \d+ (\| \d+ \|) \d+ (\| \d+ \|)$/gm, '$1 $2 $3')
}

function versionOf(name: string): string {
  const require = createRequire(import.meta.url)
  const paths = require.resolve.paths(name) ?? []
  for (const path of paths) {
    try {
      return JSON.parse(readFileSync(join(path, name, 'package.json'), 'utf8')).version
    } catch {
      // The next folder up.
    }
  }
  return dirname(name)
}
