import { types } from 'node:util'

/**
 * @internal The body as it is at the call. Buffers, lists of parts and forms are copied, since callers reuse them; a
 * `Blob` does not change, and a stream or an iterator can be read only once anyway.
 */
export function snapshotBody(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body ?? undefined
  if (isBytes(body)) return copyBytes(body)
  if (Array.isArray(body) || types.isSet(body))
    return Array.from(body, (part) => (isBytes(part) ? copyBytes(part) : part))
  return isForm(body) ? copyForm(body) : body
}

/** @internal Whether it is a buffer or a view of one, of any realm. */
export function isBytes(value: unknown): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || types.isArrayBuffer(value)
}

/** @internal A copy that no caller changes. */
export function copyBytes(bytes: ArrayBufferView | ArrayBuffer): Buffer<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes)
  return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength))
}

interface Form extends Iterable<readonly [string, unknown]> {
  append(name: string, value: unknown): void
}

function isForm(body: object): body is Form {
  return Symbol.iterator in body && Object.prototype.toString.call(body) === '[object FormData]'
}

/** A form of the same class, since undici takes no form of another class than its own. */
function copyForm(form: Form): Form {
  try {
    const { constructor: FormClass } = form as object as { readonly constructor: new () => Form }
    const copy = new FormClass()
    for (const [name, value] of form) copy.append(name, value)
    return copy
  } catch {
    // A class of the caller's own, which cannot be made without arguments.
    return form
  }
}
