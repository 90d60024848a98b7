import { join } from 'node:path'
import { type CheckedDocument, checkDocumentStore } from '@outbound-auth/core/testing'
import { describe, it } from 'vitest'
import { fileStore } from '../src/index.js'
import { temporaryFolder } from './temporary-folder.js'

describe('fileStore() keeps the contract:', () => {
  const paths = new WeakMap<object, string>()
  const open = (path: string) => {
    const store = fileStore<CheckedDocument>({ path })
    paths.set(store, path)
    return store
  }
  const create = async () => open(join(await temporaryFolder(), 'document.json'))
  const reopen = (store: object) => open(paths.get(store) ?? '')
  for (const { name, run } of checkDocumentStore({ create, reopen })) it(name, run)
})
