import { importSeed } from '#ed25519'
import { buildError } from '../lib/agent-error.js'
import { encodeBase64 } from '../lib/base64.js'
import type { SigningKey } from './ed25519-web.js'
import { encodePrivateKey, parsePkcs8 } from './private-key-der.js'

/**
 * The Ed25519 key of an agent. Printing it shows no secret. Any object with these properties is a key, such as a key in
 * hardware (without `exportPrivateKey`).
 */
export interface AgentKey {
  /** The public key, 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** The public key in the form of registrations: `ssh-ed25519 AAAA…`, without comment. */
  readonly sshPublicKey: string
  /** Signs at once, where the runtime can (`node:crypto`). */
  readonly signNow?: ((text: string) => string) | undefined
  /** The signature of a text in UTF-8, as standard base64. */
  sign(text: string): Promise<string>
  /** The private key as base64 of PKCS#8 version 1, which every reader accepts. This string is secret. */
  exportPrivateKey?(): string
}

/**
 * Makes a new key for an agent.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8032
 * @example
 * const key = await generateAgentKey()
 * await vault.write('agent-key', key.exportPrivateKey())
 */
export async function generateAgentKey(): Promise<AgentKey & { exportPrivateKey(): string }> {
  return openSeed(await deriveSeed(crypto.getRandomValues(new Uint8Array(64))))
}

/**
 * Reads a private key: base64 of PKCS#8, version 1 or 2. Whitespace around it and attributes are ignored. A public key
 * in the text must belong to the private key.
 *
 * @throws AuthError `ERR_AUTH_AGENT_KEY` (build) when the text is not such a key, `ERR_AUTH_AGENT_KEY_MISMATCH` (build)
 * when its public key belongs to another key, `ERR_AUTH_UNSUPPORTED` (build) when the runtime lacks Ed25519. The error
 * contains no part of the key
 * @see https://www.rfc-editor.org/rfc/rfc8410#section-7
 */
export async function parseAgentKey(privateKey: string): Promise<AgentKey & { exportPrivateKey(): string }> {
  return openAgentKey(privateKey)
}

type OwnKey = AgentKey & { exportPrivateKey(): string }

/** @internal `parseAgentKey`, at once where the runtime can. */
export function openAgentKey(privateKey: string): OwnKey | Promise<OwnKey> {
  const { seed, publicKey } = parsePkcs8(privateKey)
  return openSeed(seed, publicKey)
}

function openSeed(
  seed: Uint8Array<ArrayBuffer>,
  expected?: Uint8Array<ArrayBuffer>,
): OwnKey | Promise<OwnKey> {
  const complete = (key: SigningKey): OwnKey => {
    if (expected && `${expected}` !== `${key.publicKey}`) {
      throw buildError(
        "Cannot use the agent's private key: the public key in it is another one's",
        'ERR_AUTH_AGENT_KEY_MISMATCH',
      )
    }
    const sshPublicKey = toSshPublicKey(key.publicKey)
    return { ...key, sshPublicKey, exportPrivateKey: () => encodePrivateKey(seed) }
  }
  const key = importSeed(seed) as SigningKey | Promise<SigningKey>
  return key instanceof Promise ? key.then(complete) : complete(key)
}

/** @internal Derives the seed from 64 random bytes as Codex does, so that the test vectors of Codex apply. */
export async function deriveSeed(random: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const label = new TextEncoder().encode('codex-agent-identity-ed25519-v1')
  const digest = await crypto.subtle.digest('SHA-512', Uint8Array.of(...label, ...random))
  return new Uint8Array(digest, 0, 32)
}

/** @see https://www.rfc-editor.org/rfc/rfc8709#section-4 */
function toSshPublicKey(publicKey: Uint8Array): string {
  const name = 'ssh-ed25519'
  const bytes = [0, 0, 0, name.length, ...new TextEncoder().encode(name), 0, 0, 0, 32, ...publicKey]
  return `${name} ${encodeBase64(Uint8Array.from(bytes))}`
}
