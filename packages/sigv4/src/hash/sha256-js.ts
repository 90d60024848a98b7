import { compress, initialState } from './sha256-block.js'

/** @internal A key for any number of HMACs: the states after both padded blocks. */
export interface HmacKey {
  readonly inner: Int32Array
  readonly outer: Int32Array
}

const blockBytes = 64
/** Above this, a Web Crypto digest (about 17 µs and a thread hop) is faster than the loop below. */
const subtleFromBytes = 4096

/** @internal */
export function sha256Hex(data: string | Uint8Array): string {
  return toHex(digest(initialState(), 0, bytesOf(data)))
}

/** @internal The same. Web Crypto hashes long bodies. */
export function bodyHash(data: string | Uint8Array): string | Promise<string> {
  const bytes = bytesOf(data)
  if (bytes.length < subtleFromBytes) return sha256Hex(bytes)
  return crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>).then((buffer) => {
    let hex = ''
    for (const byte of new Uint8Array(buffer)) hex += byte.toString(16).padStart(2, '0')
    return hex
  })
}

/** @internal Derives a key: the HMAC of each part is the key of the next. */
export function deriveKey(secret: string, parts: readonly string[]): HmacKey {
  let key = hmacKey(bytesOf(secret))
  for (const part of parts) key = hmacKey(fromHex(hmacHex(key, part)))
  return key
}

/** @internal HMAC-SHA-256 in hex. */
export function hmacHex(key: HmacKey, text: string): string {
  const inner = digest(key.inner.slice(), blockBytes, bytesOf(text))
  const message = new Uint8Array(32)
  const view = new DataView(message.buffer)
  for (let index = 0; index < 8; index++) view.setInt32(4 * index, inner[index] ?? 0)
  return toHex(digest(key.outer.slice(), blockBytes, message))
}

function hmacKey(secret: Uint8Array): HmacKey {
  const bytes = secret.length > blockBytes ? fromHex(sha256Hex(secret)) : secret
  const state = (pad: number): Int32Array => {
    const block = new Uint8Array(blockBytes).fill(pad)
    for (let index = 0; index < bytes.length; index++) block[index] = (bytes[index] ?? 0) ^ pad
    const padded = initialState()
    compress(padded, block, 0, new Int32Array(64))
    return padded
  }
  return { inner: state(0x36), outer: state(0x5c) }
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  }
  return bytes
}

function toHex(words: Int32Array): string {
  let hex = ''
  for (const word of words) hex += (word >>> 0).toString(16).padStart(8, '0')
  return hex
}

/** Runs all blocks of `bytes` and the padding; `before` bytes have gone into `state` already. */
function digest(state: Int32Array, before: number, bytes: Uint8Array): Int32Array {
  const schedule = new Int32Array(64)
  const whole = bytes.length - (bytes.length % blockBytes)
  for (let offset = 0; offset < whole; offset += blockBytes) compress(state, bytes, offset, schedule)
  const rest = bytes.length - whole
  const tail = new Uint8Array(rest < 56 ? blockBytes : 2 * blockBytes)
  tail.set(bytes.subarray(whole))
  tail[rest] = 0x80
  const view = new DataView(tail.buffer)
  const total = before + bytes.length
  view.setUint32(tail.length - 8, Math.floor(total / 0x20000000))
  view.setUint32(tail.length - 4, total << 3)
  for (let offset = 0; offset < tail.length; offset += blockBytes) compress(state, tail, offset, schedule)
  return state
}
