/** `node:crypto`, loaded when it is needed: `--version` and `help` do without. */
function crypto() {
  return process.getBuiltinModule('node:crypto')
}

/** The SHA-256 of bytes or of a text, in hexadecimal digits. */
export function sha256(data: Uint8Array | string): string {
  return crypto().createHash('sha256').update(data).digest('hex')
}

/** The HMAC-SHA-256 of a text, in hexadecimal digits. */
export function hmacSha256(key: Uint8Array, text: string): string {
  return crypto().createHmac('sha256', key).update(text).digest('hex')
}
