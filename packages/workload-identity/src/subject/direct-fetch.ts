import { Agent, request } from 'node:http'

/** A metadata service sends a token of a few kilobytes. */
const maxBytes = 64 * 1024
const bodiless = [204, 205, 304]

/**
 * @internal A `fetch` for the metadata service of a machine: a new connection, no proxy whatever the environment says,
 * no redirect, and at most 64 KiB of a body.
 */
export async function directFetch(url: string, init: RequestInit): Promise<Response> {
  const { promise, resolve, reject } = promiseWithResolvers<Response>()
  // An agent of its own has no proxy, whatever NODE_USE_ENV_PROXY says.
  const agent = new Agent()
  const headers = Object.fromEntries(new Headers(init.headers))
  const outgoing = request(url, { method: 'GET', headers, agent, signal: init.signal ?? undefined })
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxBytes) outgoing.destroy(new RangeError('The response is longer than 64 KiB'))
    })
    incoming.on('error', reject)
    incoming.on('end', () => {
      const { statusCode: status = 0 } = incoming
      const body = bodiless.includes(status) ? null : Buffer.concat(chunks)
      try {
        const pairs = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value) => [name, value] as [string, string]),
        )
        resolve(new Response(body, { status, headers: pairs }))
      } catch (error) {
        // A status or a header that no response may have.
        reject(error)
      }
    })
  })
  outgoing.end()
  return promise.finally(() => {
    outgoing.destroy()
    agent.destroy()
  })
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function promiseWithResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
