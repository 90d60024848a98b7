/** A body as it will go on the wire. */
export interface FinalBody {
  readonly body: string | Uint8Array<ArrayBuffer> | undefined
  /** The content-type that `fetch` would send with the body; undefined for bytes. */
  readonly contentType?: string | undefined
}

/** A body that is a string or bytes already; undefined for one that has to be serialised. */
export function readyBody(body: unknown): FinalBody | undefined {
  if (body === undefined || body === null) return { body: undefined }
  if (typeof body === 'string') return { body, contentType: 'text/plain;charset=UTF-8' }
  return ArrayBuffer.isView(body) && body instanceof Uint8Array && body.buffer instanceof ArrayBuffer
    ? { body: body as Uint8Array<ArrayBuffer> }
    : undefined
}
