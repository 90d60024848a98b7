import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'

/**
 * Upstash's REST API before a server of Redis: a command as a JSON array, its reply as `result` or `error`, and
 * several of them at `/pipeline`.
 *
 * @see https://upstash.com/docs/redis/features/restapi
 */
export async function startUpstashRest(redisPort: number): Promise<number> {
  const redis = new Redis({ host: '127.0.0.1', port: redisPort })
  redis.on('error', () => {})
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown[]
    const isEncoded = request.headers['upstash-encoding'] === 'base64'
    const reply = async (command: unknown) => {
      const [name = '', ...args] = (command as unknown[]).map(String)
      try {
        const result = await redis.call(name, ...args)
        return { result: isEncoded ? inBase64(result) : result }
      } catch (error) {
        return { error: String((error as Error).message) }
      }
    }
    // The client collects the commands of one tick in a pipeline.
    const isPipeline = request.url === '/pipeline'
    const replies = isPipeline ? await Promise.all(body.map(reply)) : await reply(body)
    response.writeHead('error' in replies ? 400 : 200).end(JSON.stringify(replies))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    redis.disconnect()
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function inBase64(result: unknown): unknown {
  if (typeof result === 'string') return Buffer.from(result).toString('base64')
  return Array.isArray(result) ? result.map(inBase64) : result
}
