import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loopback as startLoopback } from '../../../test/support/loopback.js'

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Respond = (request: SeenRequest, response: ServerResponse, index: number) => void

/** Starts a server on this machine, which stops at the end of the test. By default it responds `{"ok":true}`. */
export async function loopback(
  respond: Respond = (_, response) => response.end('{"ok":true}'),
): Promise<{ origin: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = []
  const { origin } = await startLoopback(({ method, path, headers, body }, response, index) => {
    const request = { method, url: path, headers, body: String(body) }
    seen.push(request)
    respond(request, response, index)
  })
  return { origin, seen }
}

/** A folder with files, which is removed at the end of the test. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'outbound-auth-test-'))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), content, { mode: 0o600 })
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
