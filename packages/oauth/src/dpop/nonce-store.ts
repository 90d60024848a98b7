const maxOrigins = 100

/** @internal The newest DPoP nonce of each server. */
export interface NonceStore {
  get(origin: string): string | undefined
  /** Keeps the nonce of a response, if there is one. */
  note(origin: string, headers: { get(name: string): string | null }): void
}

/** @internal Remembers 100 origins, those that were noted last. */
export function nonceStore(): NonceStore {
  const nonces = new Map<string, string>()
  return {
    get: (origin) => nonces.get(origin),
    note(origin, headers) {
      const nonce = headers.get('dpop-nonce')
      // A value that the grammar does not allow is not sent back:
      // https://www.rfc-editor.org/rfc/rfc9449#section-8.1
      if (nonce === null || !/^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/.test(nonce)) return
      nonces.delete(origin)
      nonces.set(origin, nonce)
      const [oldest = ''] = nonces.keys()
      if (nonces.size > maxOrigins) nonces.delete(oldest)
    },
  }
}
