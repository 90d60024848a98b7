import { type AgentKey, openAgentKey } from '../key/agent-key.js'
import { parsePkcs8 } from '../key/private-key-der.js'
import { buildError } from '../lib/agent-error.js'
import { decodeBase64 } from '../lib/base64.js'

/** The size of a box with an id of 1024 characters of four bytes, and 48 more bytes. */
const maxSealedLength = 6000

/**
 * Opens a task id that its authority has sealed for the agent's key: standard base64 of a libsodium sealed box. The
 * cryptography is loaded for the first such id.
 *
 * @throws AuthError `ERR_AUTH_SEALED_TASK` (build) when the text is not such a box, is damaged, or was sealed for
 * another key, and when the key has no `exportPrivateKey`; `ERR_AUTH_AGENT_KEY`, `ERR_AUTH_AGENT_KEY_MISMATCH` (build)
 * @see https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 */
export async function openSealedTaskId(sealed: string, privateKey: string | AgentKey): Promise<string> {
  const key = typeof privateKey === 'string' ? await openAgentKey(privateKey) : privateKey
  if (!key.exportPrivateKey) {
    throw buildError('Cannot open the sealed task id: the key cannot be exported', 'ERR_AUTH_SEALED_TASK')
  }
  const { seed } = parsePkcs8(key.exportPrivateKey())
  const isText = typeof sealed === 'string' && sealed.length <= maxSealedLength
  const box = isText ? decodeBase64(sealed.trim()) : undefined
  const { openSealedBox } = await import('./sealed-box.js')
  try {
    if (!box) throw new TypeError('no base64')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(openSealedBox(box, seed))
  } catch (error) {
    throw buildError(
      'Cannot open the sealed task id: it is malformed, damaged, or sealed for another key',
      'ERR_AUTH_SEALED_TASK',
      error,
    )
  }
}
