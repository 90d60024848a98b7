import { generate } from 'selfsigned'

/** A certificate of `localhost` and its key, as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

const made = generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
  ],
})
const { cert, private: key } = await made

/** The certificate of the servers of this process. */
export function certificate(): Certificate {
  return { cert, key }
}
