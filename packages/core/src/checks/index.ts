export { checkAuthProvider } from './check-auth-provider.js'
export type { AuthProviderCheck, CheckAuthProviderOptions, CheckContext } from './provider-check.js'
export {
  type CheckDocumentStoreOptions,
  type CheckedDocument,
  checkDocumentStore,
  type DocumentStoreCheck,
} from './verdict/check-document-store.js'
