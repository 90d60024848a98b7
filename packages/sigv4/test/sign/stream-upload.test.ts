import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { sigV4Auth } from '../../src/index.js'

async function upload(
  contentLength: string | undefined,
): Promise<IncomingMessage['headers'] & { body: string }> {
  let seen: IncomingMessage | undefined
  let body = ''
  const server = createServer((request, response) => {
    seen = request
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => response.end())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 's' }
  const auth = sigV4Auth({ service: 's3', region: 'us-east-1', credentials, payload: 'unsigned' })
  const stream = new Blob(['hello']).stream()
  const headers = createHeaderMap(contentLength === undefined ? {} : { 'content-length': contentLength })
  const url = `http://127.0.0.1:${port}/bucket/key`
  const { method, ...signed } = await applyAuth(auth, { method: 'PUT', url, headers, body: stream })
  const init = { method, headers: [...signed.headers], body: stream, duplex: 'half' }
  await (await fetch(signed.url, init as RequestInit)).arrayBuffer()
  server.close()
  return { ...seen?.headers, body }
}

it('sigV4Auth() with an unsigned payload streams to S3 with the length that the caller names', async () => {
  expect(await upload('5')).toMatchObject({
    'content-length': '5',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    body: 'hello',
  })
  expect((await upload('5'))['transfer-encoding']).toBeUndefined()
})

it('sigV4Auth() sends a stream without a length chunked, which S3 rejects with 411', async () => {
  expect(await upload(undefined)).toMatchObject({ 'transfer-encoding': 'chunked', body: 'hello' })
})
