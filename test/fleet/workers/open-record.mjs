// The records of all clients that the README of shared-store names. A client gets the settings that its own
// documentation recommends, and no more.
import { readFileSync } from 'node:fs'
import { postgresRecord } from '@outbound-auth/shared-store/postgres'
import { redisRecord } from '@outbound-auth/shared-store/redis'

/**
 * @typedef {'ioredis' | 'iovalkey' | 'redis' | 'glide' | 'upstash' | 'pg' | 'postgres' | 'ioredis-cluster' |
 *   'redis-cluster'} ClientName
 *
 * @typedef {object} Place
 * @property {ClientName} client
 * @property {number} port of the engine, or of a proxy before it
 * @property {string} key
 * @property {string} [username]
 * @property {string} [password]
 * @property {string} [ca] the file of the certificate, for TLS
 *
 * @typedef {import('@outbound-auth/shared-store').SharedRecord} SharedRecord
 */

const host = '127.0.0.1'

/**
 * Connects a client, and opens a record with it.
 *
 * @param {Place} place
 * @returns {Promise<{ record: SharedRecord, close(): unknown }>}
 */
export async function openRecord(place) {
  const open = openers[place.client]
  return open(place)
}

/** @param {import('@outbound-auth/shared-store/redis').RedisRecordOptions['evaluate']} evaluate @param {string} key */
const redisOver = (evaluate, key) => redisRecord({ key, evaluate })

/** @type {Record<ClientName, (place: Place) => Promise<{ record: SharedRecord, close(): unknown }>>} */
const openers = {
  async ioredis({ port, key, username, password, ca }) {
    const { Redis } = await import('ioredis')
    // A user with few rights may not ask whether Redis has loaded its files.
    const user = username && { username, enableReadyCheck: false }
    const login = { ...user, ...(password && { password }) }
    const client = new Redis({ host, port, ...login, ...(ca && { tls: { ca: readFileSync(ca) } }) })
    client.on('error', () => {})
    const record = redisOver((script, keys, args) => client.eval(script, keys.length, ...keys, ...args), key)
    return { record, close: () => client.disconnect() }
  },

  async iovalkey({ port, key }) {
    const { Redis } = await import('iovalkey')
    const client = new Redis({ host, port })
    client.on('error', () => {})
    const record = redisOver((script, keys, args) => client.eval(script, keys.length, ...keys, ...args), key)
    return { record, close: () => client.disconnect() }
  },

  async redis({ port, key, username, password, ca }) {
    const { createClient } = await import('redis')
    const tls = ca === undefined ? {} : { tls: /** @type {const} */ (true), ca: readFileSync(ca) }
    const login = { ...(username && { username }), ...(password && { password }) }
    const client = createClient({ socket: { host, port, ...tls }, ...login })
    client.on('error', () => {})
    await client.connect()
    const record = redisOver((script, keys, args) => client.eval(script, { keys, arguments: args }), key)
    return { record, close: () => client.destroy() }
  },

  async glide({ port, key }) {
    const { GlideClient } = await import('@valkey/valkey-glide')
    const client = await GlideClient.createClient({ addresses: [{ host, port }], requestTimeout: 3000 })
    const record = redisOver(
      (script, keys, args) => client.customCommand(['EVAL', script, String(keys.length), ...keys, ...args]),
      key,
    )
    return { record, close: () => client.close() }
  },

  async upstash({ port, key, password = 'token' }) {
    const { Redis } = await import('@upstash/redis')
    const client = new Redis({
      url: `http://${host}:${port}`,
      token: password,
      automaticDeserialization: false,
      enableTelemetry: false,
    })
    return { record: redisOver((script, keys, args) => client.eval(script, keys, args), key), close() {} }
  },

  async pg({ port, key }) {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ host, port, user: 'postgres', database: 'postgres', max: 2 })
    pool.on('error', () => {})
    const record = postgresRecord({ name: key, query: (text, values) => pool.query(text, values) })
    return { record, close: () => pool.end() }
  },

  async postgres({ port, key }) {
    const { default: postgres } = await import('postgres')
    const sql = postgres({ host, port, user: 'postgres', database: 'postgres', max: 2, onnotice() {} })
    const record = postgresRecord({ name: key, query: (text, values) => sql.unsafe(text, values) })
    return { record, close: () => sql.end() }
  },

  async 'ioredis-cluster'({ port, key }) {
    const { Cluster } = await import('ioredis')
    const client = new Cluster([{ host, port }])
    client.on('error', () => {})
    const record = redisOver((script, keys, args) => client.eval(script, keys.length, ...keys, ...args), key)
    return { record, close: () => client.disconnect() }
  },

  async 'redis-cluster'({ port, key }) {
    const { createCluster } = await import('redis')
    const client = createCluster({ rootNodes: [{ socket: { host, port } }] })
    client.on('error', () => {})
    await client.connect()
    const record = redisOver((script, keys, args) => client.eval(script, { keys, arguments: args }), key)
    return { record, close: () => client.destroy() }
  },
}
