import type { FetchOption, FetchOptionResponse } from './fetch-option.js'
import { checkInit, type ReadInputOptions, readInput } from './read-input.js'
import type { FetchTarget, RequestLike } from './read-target.js'

/** @internal Sends a call without authentication: as it is, but to the URL that was checked. */
export async function passThrough(
  fetch: FetchOption,
  { text, request }: FetchTarget,
  init: RequestInit | null | undefined,
  options: ReadInputOptions,
): Promise<FetchOptionResponse> {
  checkInit(init)
  if (!request) return fetch(text, init as never)
  if (isGenuine(request, text)) return fetch(request as never, init as never)
  const { fields, method, headers, body, signal, redirect } = await readInput(request, init, options)
  return fetch(text, { ...fields, method, headers, body, signal, redirect, duplex: 'half' } as never)
}

/** Whether the platform's fetch will send this `Request` to that URL: the getter of another class may say anything. */
function isGenuine(request: RequestLike, text: string): boolean {
  try {
    return Reflect.get(globalThis.Request.prototype, 'url', request) === text
  } catch {
    return false
  }
}
