import { authFetch } from '@outbound-auth/fetch'
import { agentCredentials } from '../kinds/agent-credentials.js'
import { awsCredentials } from '../kinds/aws-credentials.js'
import type { Credentials, Kind } from '../kinds/credentials.js'
import { tokenCredentials } from '../kinds/token-credentials.js'
import type { Lab, Row, TriedClient } from '../row.js'
import { type LabServer, startServer } from '../server/lab-server.js'

/** A client at work, with both servers. */
export interface OpenLab extends Lab {
  readonly client: TriedClient
  readonly server: LabServer
  /** A server that no credential belongs to. */
  readonly foreign: LabServer
}

/** Starts the servers of one cell, opens the client, does the work, and ends all. */
export async function withLab<T>(
  row: Row,
  kind: Kind,
  work: (lab: OpenLab) => Promise<T>,
  failure?: Error,
): Promise<T> {
  const server = await startServer(row.transport)
  const foreign = await startServer(row.transport)
  const authority = await startServer()
  let client: TriedClient | undefined
  try {
    const credentials = await credentialsOf(kind, authority.origin, failure)
    server.credentials = credentials
    authority.credentials = credentials
    server.hasClaims = row.hasClaims ?? false
    const { auth } = credentials
    const allowedOrigins = [server.origin]
    const lab: Lab = {
      kind,
      credentials,
      auth,
      origin: server.origin,
      allowedOrigins,
      fetch: authFetch(auth, { allowedOrigins }),
    }
    client = await row.open(lab)
    return await work({ ...lab, client, server, foreign })
  } finally {
    await Promise.resolve()
      .then(() => client?.close?.())
      .catch(() => {})
    server.close()
    foreign.close()
    authority.close()
  }
}

async function credentialsOf(kind: Kind, origin: string, failure?: Error): Promise<Credentials> {
  const options = { origin, failure }
  if (kind === 'agent') return agentCredentials(options)
  return kind === 'sigv4' || kind === 's3' ? awsCredentials(kind, options) : tokenCredentials(kind, options)
}
