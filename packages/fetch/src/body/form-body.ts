import {
  type FormLike,
  finalBody,
  isBlob,
  isForm,
  isFormStream,
  isSearchParams,
} from '@outbound-auth/core/exchange'
import type { BodySnapshot, FormSnapshot, TakeBodyOptions } from './snapshot-form.js'

/**
 * @internal The body that a form, parameters or a file become: parameters a string; forms a copy, or bytes where the
 * platform's `fetch`, which would send `[object FormData]`, does not know their class. The engine makes bytes of them
 * for a provider that signs, and needs nothing but their entries.
 */
export async function formBody(
  body: object,
  { entries = [], written }: FormSnapshot,
  { isPlatform, isWhole }: TakeBodyOptions,
): Promise<BodySnapshot> {
  if (isSearchParams(body)) {
    const contentType = 'application/x-www-form-urlencoded;charset=UTF-8'
    return { body: `${new URLSearchParams(entries as [string, string][])}`, contentType }
  }
  if (written && isFormStream(body))
    return { body: written, contentType: String(body.getHeaders()['content-type']) }
  const isForeign = isForm(body) ? !(body instanceof FormData) : isBlob(body) && !(body instanceof Blob)
  const isFinal = isPlatform && !isWhole && isForeign
  if (!isForm(body)) return isFinal ? finalBody(body) : { body }
  if (!isFinal && !isWhole) return { body: copyForm(body, entries as [string, unknown][]) }
  const fixed: unknown = Object.create(body, { entries: { value: () => entries } })
  return isFinal ? finalBody(fixed) : { body: fixed }
}

/** A copy of the same class: each `fetch` knows the forms of its own class only. */
function copyForm(form: FormLike, entries: readonly [string, unknown][]): unknown {
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
