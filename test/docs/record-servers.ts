import type { IncomingHttpHeaders } from 'node:http'
import { loopback } from '../support/loopback.js'

/** A JSON value whose shape the recipe decides. */
// biome-ignore lint/suspicious/noExplicitAny: a request of another shape fails the test.
type Json = Readonly<Record<string, any>>

/** A request to a stand-in. */
interface Request {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly input: Json
}

interface Reply {
  readonly status: number
  readonly body: object
}

/** A stand-in of a database on this machine. */
export interface RecordServer {
  readonly origin: string
  /** All requests fail with this reply from now on. */
  fail(reply: Reply): void
  /** Removes the record as somebody with access to the database would. */
  remove(): void
  /** Headers of the requests so far. */
  readonly seen: IncomingHttpHeaders[]
}

async function serve(answer: (request: Request) => Reply, remove: () => void): Promise<RecordServer> {
  let failure: Reply | undefined
  const seen: IncomingHttpHeaders[] = []
  const { origin } = await loopback(({ method, path, headers, body }, response) => {
    seen.push(headers)
    const text = String(body)
    const { status, body: reply } =
      failure ?? answer({ method, path, headers, input: text === '' ? {} : JSON.parse(text) })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
  })
  const fail = (reply: Reply) => {
    failure = reply
  }
  return { origin, seen, remove, fail }
}

/**
 * GetItem and PutItem with the two conditions of the recipe.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
 */
export function dynamoServer(): Promise<RecordServer> {
  const items = new Map<string, Json>()
  const rejected = { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException' }
  const answer = ({ headers, input }: Request): Reply => {
    const [, action] = String(headers['x-amz-target']).split('.')
    const { Item: item, Key: key } = input
    if (action === 'GetItem') {
      // A read without this may be old.
      if (input['ConsistentRead'] !== true) return { status: 500, body: {} }
      const found = items.get(key.name.S)
      return { status: 200, body: found ? { Item: found } : {} }
    }
    const current = items.get(item.name.S)
    const { ConditionExpression: condition, ExpressionAttributeValues: values } = input
    const holds =
      condition === 'attribute_not_exists(record_version)'
        ? current === undefined
        : condition === 'record_version = :old' && current?.['record_version'].S === values[':old'].S
    if (!holds) return { status: 400, body: rejected }
    items.set(item.name.S, item)
    return { status: 200, body: {} }
  }
  return serve(answer, () => items.clear())
}

/**
 * Secrets of one namespace, whose versions grow over the whole cluster.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function kubernetesServer(): Promise<RecordServer> {
  const secrets = new Map<string, Json>()
  let revision = 100
  const failure = (status: number): Reply => ({ status, body: { kind: 'Status', code: status } })
  const answer = ({ method, path, input }: Request): Reply => {
    const [, name = input['metadata']?.name] =
      /^\/api\/v1\/namespaces\/agents\/secrets(?:\/(.+))?$/.exec(path) ?? []
    const current = secrets.get(name)
    if (method === 'GET') return current ? { status: 200, body: current } : failure(404)
    if (method === 'POST' && current) return failure(409)
    if (method === 'PUT' && !current) return failure(404)
    if (method === 'PUT' && input['metadata'].resourceVersion !== current?.['metadata'].resourceVersion)
      return failure(409)
    revision += 1
    const written = { ...input, metadata: { ...input['metadata'], resourceVersion: String(revision) } }
    secrets.set(name, written)
    return { status: method === 'POST' ? 201 : 200, body: written }
  }
  return serve(answer, () => secrets.clear())
}

/**
 * Range and transactions of the HTTP gateway, with one comparison of a revision and one write.
 *
 * @see https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 */
export function etcdServer(): Promise<RecordServer> {
  const values = new Map<string, { readonly value: string; readonly mod_revision: string }>()
  let revision = 1
  const answer = ({ path, input }: Request): Reply => {
    const header = () => ({ revision: String(revision) })
    if (path === '/v3/kv/range') {
      const found = values.get(input['key'])
      return {
        status: 200,
        body: { header: header(), ...(found && { kvs: [{ key: input['key'], ...found }] }) },
      }
    }
    const [{ key, target, result, mod_revision: wanted }] = input['compare']
    if (target !== 'MOD' || result !== 'EQUAL') return { status: 400, body: {} }
    // The gateway leaves out what is false.
    if ((values.get(key)?.mod_revision ?? '0') !== wanted) return { status: 200, body: { header: header() } }
    revision += 1
    const { key: written, value } = input['success'][0].request_put
    values.set(written, { value, mod_revision: String(revision) })
    return { status: 200, body: { header: header(), succeeded: true } }
  }
  return serve(answer, () => {
    revision += 1
    values.clear()
  })
}
