import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { root } from '../../../scripts/workspace.mjs'
import { readmeBlocks } from '../../docs/readme-blocks.js'
import { type Lab, secret } from './lab.js'

/** Services that the recipes name, each replaced by the lab. A URL of any other host fails the test. */
const services = [
  'api.anthropic.com',
  'api.example.com',
  'api.github.com',
  'api.openai.com',
  'bedrock-runtime.us-east-1.amazonaws.com',
  'example.openai.azure.com',
  'gateway.example.com',
  'login.example.com',
  'mcp.example.com',
]
const secureServices = ['example.search.windows.net', 'grpc.example.com']
/** Documentation and other addresses that no code requests. */
const neverRequested = ['cognitiveservices.azure.com', 'search.azure.com', 'proxy.example.com']

/** The effect of a block of a recipe. */
export interface Expected {
  /** The page, from the root, and the index of its `ts` block. */
  readonly page: string
  readonly block?: number
  /** The request that it sends, as `METHOD /path`. */
  readonly sends: string
  /** Names of the block, and what they must be in the end. */
  readonly values: Readonly<Record<string, unknown>>
  /** Whether a rejected credential is renewed, and the request sent again. */
  readonly recovers: boolean
  /** How many requests reach the API when everything is in order. */
  readonly requests?: number
  /** Code of the error, or of one of its causes, when no credential can be had. Undefined when its text is lost. */
  readonly outage?: string | undefined
}

/** A block that is tried in good order only: the code before a move, and sources that cache beyond our reach. */
export type Shown = Pick<Expected, 'page' | 'block' | 'sends' | 'values'>

/** One test of a block: it works. */
export function itWorks(lab: Lab, { page, block = 0, sends, values }: Shown): void {
  it(`${page}, block ${block}, works`, async () => {
    expect(await runBlock(lab, page, block, Object.keys(values))).toMatchObject(values)
    expect(lab.arrivals.map(({ target }) => target)).toEqual([sends])
    expect(lab.arrivals.map(({ status }) => status)).toEqual([200])
  })
}

/** Three tests of a block: it works, a 401 is handled as the page says, and an outage of the source sends nothing. */
export function describeRecipe(lab: Lab, expected: Expected): void {
  const { page, block = 0, sends, values, recovers, requests = 1, outage } = expected
  const names = Object.keys(values)
  describe(`${page}, block ${block}`, () => {
    it('works', async () => {
      expect(await runBlock(lab, page, block, names)).toMatchObject(values)
      expect(lab.arrivals.map(({ target }) => target)).toContain(sends)
      expect(lab.arrivals.map(({ status }) => status)).toEqual(Array(requests).fill(200))
    })

    it(recovers ? 'renews a rejected credential' : 'hands a rejection to the caller', async () => {
      lab.revokeAtNextRequest()
      const run = runBlock(lab, page, block, names)
      if (recovers) expect(await run).toMatchObject(values)
      else await expect(run).rejects.toThrow()
      const statuses = lab.arrivals.map(({ status }) => status)
      expect(statuses.at(0)).toBe(401)
      expect(statuses.filter((status) => status === 401)).toHaveLength(recovers ? 1 : statuses.length)
    })

    it('sends nothing, and shows no secret, when no credential can be had', async () => {
      lab.stopIssuing()
      const error = await runBlock(lab, page, block, names).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(lab.arrivals).toEqual([])
      expect(error).toBeDefined()
      if (outage !== undefined) expect(codesOf(error)).toContain(outage)
      expect(String(error)).not.toContain(secret)
    })
  })
}

/** The `ts` blocks of a page. */
export function blocksOf(page: string) {
  return readmeBlocks(pageText(page)).filter(({ language }) => language === 'ts')
}

/** The code of a block, with the lab in the place of all services. */
export function localCode(lab: Lab, page: string, block: number): string {
  const { text = '' } = blocksOf(page)[block] ?? {}
  const known = [...services, ...secureServices, ...neverRequested]
  for (const [, name = ''] of text.matchAll(/\b(?:https?|wss?):\/\/([\w.-]+)/g))
    if (!known.includes(name) && !/^(?:127\.0\.0\.1|localhost)$/.test(name))
      throw new Error(`${page} calls ${name}: add it to \`services\` in test/recipes/support/recipe.ts`)
  let code = text.replace(/\/run\/secrets\/[\w-]+/g, lab.tokenFile)
  for (const name of services)
    code = code
      .replaceAll(`https://${name}`, `http://${lab.host}`)
      .replaceAll(`wss://${name}`, `ws://${lab.host}`)
  for (const name of secureServices)
    code = code.replaceAll(`${name}:443`, lab.secureHost).replaceAll(name, lab.secureHost)
  return code
}

let runs = 0

/** The code of a block for this machine, without types. */
export async function plainCode(lab: Lab, page: string, block: number, more = ''): Promise<string> {
  const options = { loader: 'ts', format: 'esm', target: 'es2022' } as const
  return (await transform(localCode(lab, page, block) + more, options)).code
}

/** Runs a block as it is, in a folder where it finds the clients, and returns its names. */
export async function runBlock(
  lab: Lab,
  page: string,
  block: number,
  names: readonly string[],
): Promise<Record<string, unknown>> {
  const exported = names.length > 0 ? `\nexport { ${names.join(', ')} }\n` : ''
  const text = await plainCode(lab, page, block, exported)
  const folder = join(lab.folder, page.replace(/\W/g, '-'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `block-${block}-${runs++}.mjs`)
  writeFileSync(file, text)
  return { ...(await import(/* @vite-ignore */ pathToFileURL(file).href)) }
}

/** The codes of an error and its causes. */
function codesOf(error: unknown): unknown[] {
  const codes: unknown[] = []
  for (let at = error as { code?: unknown; cause?: unknown } | undefined; at; at = at.cause as typeof at)
    codes.push(at.code)
  return codes
}

/** The Markdown of a page. */
export function pageText(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}
