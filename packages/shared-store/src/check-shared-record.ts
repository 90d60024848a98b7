import { checkOptions } from '@outbound-auth/core/provider'
import type { DocumentStoreCheck } from '@outbound-auth/core/testing'
import type { SharedRecord } from './record/shared-record.js'

/** Options of {@link checkSharedRecord}. */
export interface CheckSharedRecordOptions {
  /** Makes a record over a new, empty place. It is called once for each check. */
  readonly create: () => SharedRecord | Promise<SharedRecord>
}

type Check = (record: SharedRecord) => Promise<void>

const rivals = 20

/**
 * The contract of {@link SharedRecord} as a list of checks, for any test runner and any runtime. A record that passes
 * them, over one primary, keeps the promises of `sharedStore`.
 *
 * @throws TypeError when an option is malformed
 * @example
 * const create = () => redisRecord({ key: `test:${crypto.randomUUID()}`, evaluate })
 * for (const { name, run } of checkSharedRecord({ create })) it(name, run)
 */
export function checkSharedRecord(options: CheckSharedRecordOptions): DocumentStoreCheck[] {
  const { create } = checkOptions('checkSharedRecord', options, ['create'])
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: async () => check(await create()),
  }))
}

const checks: Readonly<Record<string, Check>> = {
  'reads undefined where there is no record': async (record) => {
    demand((await record.get()) === undefined, 'no record', 'there is one', 'The place is new.')
  },

  'reads what was written, with the version that put() gave': async (record) => {
    const version = await record.put('oa1:a', undefined)
    const found = await record.get()
    const why = 'The next write names the version that it replaces.'
    demand(found?.text === 'oa1:a', 'the text that was written', 'get() gave another', why)
    const isKnown = typeof version === 'string' && found.version === version
    demand(isKnown, 'get() and put() to give the same version', 'they differ', why)
  },

  'lets one of 20 first writes win': async (record) => {
    const texts = Array.from({ length: rivals }, (_, index) => `oa1:${index}`)
    const versions = await Promise.all(texts.map((text) => record.put(text, undefined)))
    const winners = texts.filter((_, index) => versions[index] !== undefined)
    const why = 'Two holders at once burn a rotating refresh token.'
    demand(winners.length === 1, 'one first write to win', `${winners.length} won`, why)
    const found = await record.get()
    demand(found?.text === winners[0], 'the text of the winner', 'there is another', why)
  },

  'lets one of 20 writes over the same version win, and refuses that version afterwards': async (record) => {
    const first = await firstWrite(record)
    const texts = Array.from({ length: rivals }, (_, index) => `oa1:${index}`)
    const versions = await Promise.all(texts.map((text) => record.put(text, first)))
    const winners = texts.filter((_, index) => versions[index] !== undefined)
    const why = 'A holder that was overtaken must not write.'
    demand(winners.length === 1, 'one write to win', `${winners.length} won`, why)
    const late = await record.put('oa1:late', first)
    demand(late === undefined, 'undefined for an old version', 'there is a version', why)
    demand((await record.get())?.text === winners[0], 'the text of the winner', 'there is another', why)
  },

  'gives a new version at each write': async (record) => {
    const seen = new Set<string>()
    let version: string | undefined
    for (let count = 1; count <= 5; count++) {
      version = await record.put(`oa1:${count}`, version)
      demand(
        version !== undefined,
        'a write over the newest version to win',
        'it was refused',
        'It is alone.',
      )
      seen.add(version)
      const why = 'The version is the fence against holders that were overtaken.'
      demand(seen.size === count, 'a version that no earlier write had', 'there is an old one', why)
    }
  },

  'keeps 64 kB and characters outside ASCII as they are': async (record) => {
    await keepsText(record, `oa1:${'x'.repeat(65_536)}`)
    await keepsText(record, 'oa1:\u00e4\u20ac\u{1f511} "\\\n\t\u2028')
  },

  'keeps texts that look like JSON or a number': async (record) => {
    for (const text of ['{"a": 1}', '[1]', '12', '1e3', 'true', 'null']) await keepsText(record, text)
  },
}

async function keepsText(record: SharedRecord, text: string): Promise<void> {
  const version = await record.put(text, (await record.get())?.version)
  const found = await record.get()
  const isKept = version !== undefined && found?.text === text
  demand(isKept, 'the text as it was written', 'get() gave another', 'One changed byte is a lost login.')
}

async function firstWrite(record: SharedRecord): Promise<string> {
  const version = await record.put('oa1:first', undefined)
  demand(version !== undefined, 'the first write to win', 'it was refused', 'It is alone.')
  return version
}

/** Fails the running check unless `holds`. */
function demand(holds: boolean, expected: string, seen: string, why: string): asserts holds {
  if (holds) return
  const failure = new Error(`Expected ${expected}, but ${seen}. ${why}`)
  failure.name = 'CheckFailure'
  throw failure
}
