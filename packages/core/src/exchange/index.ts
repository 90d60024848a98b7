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
export { type FinalBody, finalBody } from '../body/final-body.js'
export { newUrl } from '../lib/origin-guard.js'
export { createExchange, type Exchange, type ExchangeTransport, type SentRequest } from './exchange.js'
export { holdsCredential } from './holds-credential.js'
export { immediateAuth } from './immediate-auth.js'
export { type ExchangeOptions, exchangeOptionNames, type OutboundRequest } from './request-composer.js'
