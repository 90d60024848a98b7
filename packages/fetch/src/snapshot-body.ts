import {
  bytesOf,
  type FormLike,
  type FormStream,
  isBlob,
  isForm,
  isFormStream,
  isSearchParams,
  isWebStream,
} from '@outbound-auth/core/exchange'

/** @internal A body that stays as it was at the call, whatever the caller does to the original. */
export interface BodySnapshot {
  readonly body: unknown
  /** What `fetch` would have announced the original as, where that is lost. */
  readonly contentType?: string | undefined
  /** Gives a locked stream back to the caller, unless some of it was read. */
  release?(): void
}

/**
 * @internal Takes the snapshot that `fetch` takes: parameters as a string, bytes and the entries of forms copied, streams
 * locked. Blobs never change.
 *
 * @param isWritten whether `finalBody` makes bytes of forms, which needs nothing but their entries
 * @throws TypeError as `fetch` does, for a stream that is locked or was read
 */
export function snapshotBody(body: unknown, isWritten?: boolean): BodySnapshot {
  if (typeof body !== 'object' || body === null) return { body }
  const bytes = bytesOf(body)
  // The slice() of a Buffer would not copy.
  if (bytes) return { body: new Uint8Array(bytes) }
  if (isSearchParams(body)) {
    const contentType = 'application/x-www-form-urlencoded;charset=UTF-8'
    return { body: `${new URLSearchParams([...body.entries()])}`, contentType }
  }
  if (isFormStream(body)) return writtenForm(body) ?? { body }
  if (isForm(body)) return { body: isWritten ? entriesOf(body) : copyForm(body) }
  return isWebStream(body) ? lockStream(body) : { body }
}

/** @internal A form or file of another realm or library. The platform's `fetch` would send `[object FormData]`. */
export function isForeign(body: unknown): boolean {
  return isForm(body) ? !(body instanceof FormData) : isBlob(body) && !(body instanceof Blob)
}

/** Undefined for one that holds a stream: only some kinds of `fetch` can send it. */
function writtenForm(form: FormStream): BodySnapshot | undefined {
  try {
    const bytes = bytesOf(form.getBuffer())
    return bytes && { body: new Uint8Array(bytes), contentType: String(form.getHeaders()['content-type']) }
  } catch {
    return undefined
  }
}

function entriesOf(form: FormLike): unknown {
  const entries = [...form.entries()]
  return Object.create(form, { entries: { value: () => entries } })
}

/** A copy of the same class: each `fetch` knows the forms of its own class only. */
function copyForm(form: FormLike): unknown {
  const entries = [...form.entries()]
  // Any other value would become a text.
  if (!entries.every(([, value]) => typeof value === 'string' || isBlob(value))) return form
  try {
    const copy = new (form.constructor as typeof FormData)()
    for (const [name, value] of entries) copy.append(name, value as Blob)
    return [...copy.entries()].length === entries.length ? copy : form
  } catch {
    return form
  }
}

function lockStream(stream: ReadableStream<Uint8Array>): BodySnapshot {
  // This throws for a stream that was read, which nothing else tells on every runtime.
  if (new Response(stream).body === null || stream.locked)
    throw new TypeError('authFetch: the body is locked')
  const reader = stream.getReader()
  let isRead = false
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        isRead = true
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return {
    body,
    release() {
      if (!isRead) reader.releaseLock()
    },
  }
}
