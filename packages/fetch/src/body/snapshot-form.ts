import { bytesOf } from '@outbound-auth/core/exchange'

/** @internal A body that stays as it was at the call, whatever the caller does to the original. */
export interface BodySnapshot {
  readonly body: unknown
  /** The content-type that `fetch` would have sent for the original, where that is lost. */
  readonly contentType?: string | undefined
  /** Gives a locked stream back to the caller, unless some of it was read. */
  release?(): void
}

/** @internal How a body is sent afterwards. */
export interface TakeBodyOptions {
  /** The provider needs the final bytes. */
  readonly isWhole: boolean
  /** The platform's `fetch` sends, which knows the classes of its own realm only. */
  readonly isPlatform: boolean
}

/** @internal The content of a form. The code that is loaded later makes a body of it. */
export interface FormSnapshot {
  readonly entries?: readonly unknown[] | undefined
  /** The bytes of a form of the package `form-data`; undefined for one that holds a stream. */
  readonly written?: Uint8Array<ArrayBuffer> | undefined
}

/** @internal The content of a form, of parameters, or of a file of another realm; undefined for any other body. */
export function snapshotForm(body: object): FormSnapshot | undefined {
  const { entries, getBuffer, arrayBuffer } = body as Partial<Record<string, () => unknown>>
  if (typeof entries === 'function') return { entries: [...(entries.call(body) as Iterable<unknown>)] }
  if (typeof getBuffer === 'function') {
    try {
      const bytes = bytesOf(getBuffer.call(body))
      return { written: bytes && new Uint8Array(bytes) }
    } catch {
      return {}
    }
  }
  return typeof arrayBuffer === 'function' && !(body instanceof Blob) ? {} : undefined
}
