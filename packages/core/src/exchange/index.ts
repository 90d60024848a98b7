export {
  type BlobLike,
  bytesOf,
  type FormLike,
  type FormStream,
  isBlob,
  isForm,
  isFormStream,
  isSearchParams,
  isStream,
  isWebStream,
} from '../body/body-shape.js'
export { finalBody } from '../body/final-body.js'
export { finalBodyLater } from '../body/final-body-later.js'
export type { FinalBody } from '../body/ready-body.js'
export { addHeader, visitHeaders } from '../contract/header-map.js'
export { loadPart } from '../lib/load-part.js'
export { newUrl } from '../lib/origin-guard.js'
export { createExchange, type Exchange, type ExchangeTransport, type SentRequest } from './exchange.js'
export { holdsCredential } from './holds-credential.js'
export { immediateAuth } from './immediate-auth.js'
export type { ResponseReader } from './recover-from.js'
export { type ExchangeOptions, exchangeOptionNames, type OutboundRequest } from './request-composer.js'
export { sentCredentials } from './sent-credentials.js'
export { stripCredentials } from './strip-credentials.js'
