import type { RecordedBody } from './recorded-body.js'
import { copyBytes, isBytes } from './snapshot-body.js'

/**
 * @internal Records a Node stream without standing between it and undici, which finds out the length of some streams,
 * and destroys them. The recorder begins to listen as undici does: before that, it would set the stream flowing.
 */
export function recordStream(stream: NodeJS.ReadableStream, limitBytes: number): RecordedBody {
  let parts: Buffer[] = []
  let size = 0
  let state: 'waiting' | 'recording' | 'whole' | 'lost' = 'waiting'

  const hear = (event: string) => {
    if (event !== 'data' || state !== 'waiting') return
    state = 'recording'
    stream.on('data', keep).once('end', finish)
  }
  const keep = (part: unknown) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : isBytes(part) && copyBytes(part)
    size += bytes ? bytes.length : Number.POSITIVE_INFINITY
    if (bytes && size <= limitBytes) parts.push(bytes)
    else settle()
  }
  const finish = () => {
    if (state === 'recording') state = 'whole'
  }
  const settle = () => {
    state = 'lost'
    parts = []
    stream.off('newListener', hear).off('data', keep).off('end', finish)
  }

  stream.on('newListener', hear)
  return { body: stream, replay: () => (state === 'whole' ? Buffer.concat(parts) : undefined), settle }
}
