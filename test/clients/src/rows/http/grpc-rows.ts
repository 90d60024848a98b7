import * as grpc from '@grpc/grpc-js'
import { handshakeAuth } from '@outbound-auth/core'
import type { Lab, Row } from '../../row.js'
import { certificate } from '../../server/certificate.js'

// #region gRPC
/** The headers of each call, as metadata. The address that gRPC gives has no port. */
function callCredentials({ auth, origin, allowedOrigins }: Lab): grpc.CallCredentials {
  return grpc.credentials.createFromMetadataGenerator((_call, done) => {
    handshakeAuth(auth, { url: origin }, { allowedOrigins }).then(({ headers }) => {
      const metadata = new grpc.Metadata()
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
      done(null, metadata)
    }, done)
  })
}
// #endregion

/** gRPC. */
export const grpcRows: readonly Row[] = [
  {
    client: '@grpc/grpc-js',
    via: 'handshakeAuth',
    glue: 'createFromMetadataGenerator((_call, done) => handshakeAuth(auth, { url }).then(({ headers }) => done(null, toMetadata(headers)), done))',
    kinds: ['bearer', 'api-key', 'agent'],
    transport: 'h2',
    exceptions: [
      {
        columns: ['R'],
        why: 'a metadata generator sees no response; after UNAUTHENTICATED, call recoverHandshake and then the method again',
      },
      { columns: ['E'], why: 'gRPC keeps only the message of an error' },
    ],
    open(lab) {
      const channel = grpc.credentials.createSsl(Buffer.from(certificate().cert))
      const credentials = grpc.credentials.combineChannelCredentials(channel, callCredentials(lab))
      const client = new grpc.Client(new URL(lab.origin).host, credentials)
      const bytes = (value: Buffer) => value
      return {
        call: (signal) =>
          new Promise((resolve, reject) => {
            const call = client.makeUnaryRequest(
              '/lab.Lab/Call',
              bytes,
              bytes,
              Buffer.from('{}'),
              (error, value) => (error ? reject(error) : resolve(String(value))),
            )
            signal?.addEventListener('abort', () => call.cancel())
          }),
        close: () => client.close(),
      }
    },
  },
]
