export {
  type IdentityTokenVerifier,
  type IdentityTokenVerifierOptions,
  identityTokenVerifier,
  type VerifiedIdentityToken,
} from './identity-token-verifier.js'
