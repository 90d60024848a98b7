import { asTokenSupplier } from '@outbound-auth/core'
import type { OpenAIRealtimeWS } from 'openai/realtime/ws'
import type { ClientOptions } from 'ws'
import { dummy } from '../../kinds/credentials.js'
import type { Lab, Row } from '../../row.js'
import { certificate } from '../../server/certificate.js'
import { untold } from '../models/openai-rows.js'
import { finishWithAuth, overSocket, type SocketLike, unasked } from './socket-rows.js'

type Events = Pick<OpenAIRealtimeWS, 'close' | 'socket'> & {
  on(type: string, listener: (event: { readonly type?: string; readonly cause?: unknown }) => void): unknown
}

const loaders = {
  'openai 7': () => Promise.all([import('openai'), import('openai/realtime/ws')]),
  'openai 6': () => Promise.all([import('openai6'), import('openai6/realtime/ws')]),
}

/** Opens a session; its events as those of a socket. */
function sessionOf(
  version: keyof typeof loaders,
  options: (lab: Lab) => { readonly apiKey: unknown } & ClientOptions,
): (lab: Lab) => Promise<SocketLike> {
  return async (lab) => {
    const [{ OpenAI }, { OpenAIRealtimeWS: Session }] = (await loaders[version]()) as unknown as [
      typeof import('openai'),
      typeof import('openai/realtime/ws'),
    ]
    const { apiKey, ...given } = options(lab)
    const client = new OpenAI({ baseURL: `${lab.origin}/v1`, apiKey: apiKey as string })
    const settings = { model: 'model-1', options: { ca: certificate().cert, ...given } }
    const session: Events = await Session.create(client, settings)
    return {
      close: () => session.close(),
      addEventListener(type, listener) {
        if (type === 'message') session.on('event', (event) => listener({ data: JSON.stringify(event) }))
        else if (type === 'error') session.on('error', (error) => listener({ error }))
        else session.socket.addEventListener('close', () => listener({}))
      },
    }
  }
}

/** The Realtime classes of the `openai` package, which open a WebSocket of ws by themselves. */
export const realtimeRows: readonly Row[] = (['openai 7', 'openai 6'] as const).flatMap((version): Row[] => {
  const shared = { client: `${version} OpenAIRealtimeWS`, transport: 'https', skips: ['U'] } as const
  const open = (options: Parameters<typeof sessionOf>[1]) => (lab: Lab) =>
    overSocket(() => sessionOf(version, options)(lab))
  return [
    {
      ...shared,
      via: 'handshakeAuth',
      glue: 'new OpenAIRealtimeWS({ model, options: { finishRequest: finishWithAuth(auth) } }, client)',
      exceptions: [unasked],
      open: open((lab) => ({ apiKey: dummy, finishRequest: finishWithAuth(lab) })),
    },
    {
      ...shared,
      client: `${version} OpenAIRealtimeWS.create`,
      via: 'asTokenSupplier',
      glue: 'OpenAIRealtimeWS.create(new OpenAI({ apiKey: asTokenSupplier(auth) }), { model })',
      kinds: ['bearer'],
      exceptions: [untold],
      open: open(({ auth }) => ({ apiKey: asTokenSupplier(auth) })),
    },
  ]
})
