import { AuthError, type DocumentStore, type SourceOptions } from '@outbound-auth/core'
import { nearestName } from '@outbound-auth/core/provider'
import { isPlainObject } from '../definition/copy-definition.js'
import { definitionError, withPath } from '../definition/definition-path.js'
import { shownName } from '../definition/shown-name.js'
import type { StoreFactory, StoreSettings } from '../definition/store-reference.js'
import type { OpenHost } from './open-host.js'
import { checkReference, partOf, type ReferencePlace, referenceError } from './reference-place.js'

/** @internal A part of a place that holds a secret: a source of it; undefined if the part is a literal. */
export type OpenPart = (
  part: unknown,
  place: ReferencePlace,
) => { readonly source: (options: SourceOptions) => unknown } | undefined

/** @internal A store that is opened at its first use. */
export interface OpenedStore {
  /** Where the document is, in words. */
  readonly label: string
  readonly store: DocumentStore<unknown>
}

/** Reads a secret of a place. */
type ReadPart = () => Promise<string>

/**
 * @internal Opens a reference to a shared document; undefined when the value is no such reference, for example a
 * `DocumentStore`. Nothing is connected before the first use.
 *
 * @throws TypeError when it is malformed; AuthError `ERR_AUTH_UNSUPPORTED` (build) when the host has no such store, and
 * what `openPart` throws
 */
export function openStoreReference(
  value: unknown,
  place: ReferencePlace,
  { stores = {} }: Pick<OpenHost, 'stores'>,
  openPart: OpenPart,
): OpenedStore | undefined {
  if (!isPlainObject(value) || typeof value['read'] === 'function') return undefined
  const [name, ...more] = Object.keys(value)
  if (name === undefined || more.length > 0) {
    const came = name === undefined ? 'none' : `${more.length + 1}`
    const problem = `must name one store, such as { redis: { url, key } }, got ${came}`
    throw definitionError(`${place.use} ${problem}`, place.path)
  }
  const factory = Object.hasOwn(stores, name) ? stores[name] : undefined
  if (!factory) throw unknownStore(name, place, Object.keys(stores))
  const at = partOf(place, name)
  if (!isPlainObject(value[name])) throw definitionError(`${at.use} must be an object with a key`, at.path)
  const { key, table, url, encryptionKeys } = checkReference(at, value[name], [
    'key',
    'url',
    'table',
    'encryptionKeys',
  ])
  if (!isFilled(key))
    throw definitionError(`${at.use}.key must be the name of the document`, [...at.path, 'key'])
  if (table !== undefined && !isFilled(table))
    throw definitionError(`${at.use}.table must be the name of a table`, [...at.path, 'table'])
  const readUrl = url === undefined ? undefined : secretReader(url, partOf(at, 'url'), openPart)
  const readKeys = keyReaders(encryptionKeys, partOf(at, 'encryptionKeys'), openPart)
  const readSettings = async (): Promise<StoreSettings> => ({
    key,
    ...(readUrl && { url: await readUrl() }),
    ...(table !== undefined && { table }),
    ...(readKeys && { encryptionKeys: await Promise.all(readKeys.map((read) => read())) }),
  })
  const shownKey = /^[\w.:/{}-]{1,64}$/.test(key) ? key : '…'
  const open = (settings: StoreSettings) => openStore(factory, settings, at)
  return { label: `store ${shownName(name)} under ${shownKey}`, store: lateStore(readSettings, open) }
}

function unknownStore(name: string, place: ReferencePlace, known: readonly string[]): AuthError {
  const shown = shownName(name)
  const meant = nearestName(name, known)
  const option = /^[a-z]\w*$/i.test(shown) ? `{ ${shown} }` : '{ … }'
  const others = known.length > 0 ? `; there are ${known.join(', ')}` : ''
  const remedy = meant
    ? `did you mean ${meant}?`
    : `pass createResolver(factories, { stores: ${option} }) with a function that opens it${others}`
  return referenceError(place, `store ${shown} is not known; ${remedy}`, 'ERR_AUTH_UNSUPPORTED')
}

function secretReader(value: unknown, place: ReferencePlace, openPart: OpenPart): ReadPart {
  if (isFilled(value)) return async () => value
  const opened = isPlainObject(value) ? openPart(value, place) : undefined
  if (!opened)
    throw definitionError(`${place.use} must be a string, { env }, { file } or { command }`, place.path)
  return async () => {
    const { signal } = new AbortController()
    const secret = await opened.source({ signal, forceRefresh: false })
    const text = isPlainObject(secret) ? secret['token'] : secret
    if (isFilled(text)) return text
    throw referenceError(place, 'the source gave no text', 'ERR_AUTH_CREDENTIAL')
  }
}

function keyReaders(keys: unknown, place: ReferencePlace, openPart: OpenPart): ReadPart[] | undefined {
  if (keys === undefined) return undefined
  if (!Array.isArray(keys) || keys.length === 0)
    throw definitionError(`${place.use} must be a list of one or more keys, or left out`, place.path)
  return keys.map((key, index) => secretReader(key, partOf(place, String(index)), openPart))
}

/** Opens a store. A malformed option is an error of the definition; its text quotes no secret. @throws AuthError */
async function openStore(
  factory: StoreFactory,
  settings: StoreSettings,
  place: ReferencePlace,
): Promise<DocumentStore<unknown>> {
  try {
    const store = await factory(settings)
    const { read, update } = Object(store) as Partial<DocumentStore<unknown>>
    if (typeof read === 'function' && typeof update === 'function') return store
  } catch (error) {
    const isOption = error instanceof TypeError && 'option' in error
    throw isOption
      ? referenceError(place, error.message, 'ERR_AUTH_STORE_ACCESS')
      : withPath(error, place.path)
  }
  const problem = 'the function of stores must return a DocumentStore, such as sharedStore(…)'
  throw referenceError(place, problem, 'ERR_AUTH_STORE_ACCESS')
}

/**
 * A store that is opened at its first use. After an error that stays, such as a rejected password, the secrets are read
 * again, and the store is opened anew if they have changed. A store that could not be opened is opened at the next use.
 */
function lateStore(readSettings: () => Promise<StoreSettings>, open: StoreFactory): DocumentStore<unknown> {
  let opened: { readonly secrets: string; readonly store: DocumentStore<unknown> } | undefined
  let opening: Promise<DocumentStore<unknown>> | undefined

  async function reopen(): Promise<DocumentStore<unknown>> {
    const settings = await readSettings()
    const secrets = JSON.stringify(settings)
    if (opened?.secrets !== secrets) opened = { secrets, store: await open(settings) }
    return opened.store
  }

  async function use<R>(call: (store: DocumentStore<unknown>) => Promise<R>): Promise<R> {
    opening ??= reopen()
    const current = opening
    let isOpen = false
    try {
      const store = await current
      isOpen = true
      return await call(store)
    } catch (error) {
      const isLasting = !AuthError.is(error) || !error.retryable
      if (opening === current && (isLasting || !isOpen)) opening = undefined
      throw error
    }
  }

  return {
    read: () => use((store) => store.read()),
    update: (change, options) => use((store) => store.update(change, options)),
  }
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
