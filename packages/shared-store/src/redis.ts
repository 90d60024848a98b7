import { AuthError } from '@outbound-auth/core'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import { engineError } from './record/engine-error.js'
import type { SharedRecord } from './record/shared-record.js'

/** Options of {@link redisRecord}. */
export interface RedisRecordOptions {
  /** The key of the record, such as `oa:codex:team-1`. It has no time to live. */
  readonly key: string
  /**
   * Runs a Lua script on the primary with your own client (the command `EVAL`), and returns its reply.
   *
   * - node-redis: `(script, keys, args) => client.eval(script, { keys, arguments: args })`
   * - ioredis, iovalkey: `(script, keys, args) => client.eval(script, keys.length, ...keys, ...args)`
   * - Upstash: `(script, keys, args) => client.eval(script, keys, args)`
   * - GLIDE: `(script, keys, args) => client.customCommand(['EVAL', script, String(keys.length), ...keys, ...args])`
   */
  readonly evaluate: (script: string, keys: string[], args: string[]) => Promise<unknown>
  /**
   * Called after each write and awaited, for example to wait for a replica: `() => client.sendCommand(['WAIT', '1',
   * '500'])`.
   */
  readonly afterWrite?: (() => unknown) | undefined
}

const getScript = "return redis.call('GET', KEYS[1])"
const putScript = `if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`

/** Conditions that stay until somebody changes the configuration. */
const lastingWords = [
  'WRONGTYPE',
  'NOPERM',
  'NOAUTH',
  'WRONGPASS',
  'NOSCRIPT',
  'DB index is out of range',
  'unknown command',
  'without any password configured',
]
/** Conditions that pass. Any other failure counts as one of them, but has no word. */
const passingWords = [
  'OOM',
  'READONLY',
  'NOREPLICAS',
  'MISCONF',
  'LOADING',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'TRYAGAIN',
  'BUSY',
]

/**
 * A record in one key of Redis or Valkey, for {@link sharedStore}. It needs the rights for `EVAL`, `GET` and `SET` on
 * this key, and no `allkeys-…` eviction policy.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from its methods: `ERR_AUTH_STORE_ACCESS` (build) for missing rights, a key of another type, or a
 * rejected certificate, `ERR_AUTH_STORE_IO` (transient) for anything else; neither holds the client's message
 * @see https://redis.io/docs/latest/commands/eval/
 */
export function redisRecord(options: RedisRecordOptions): SharedRecord {
  const { key, evaluate, afterWrite } = checkOptions('redisRecord', options, [
    'key',
    'evaluate',
    'afterWrite',
  ])
  if (typeof key !== 'string' || key === '')
    throw invalidOption('redisRecord', 'key', 'the key of the record', key)
  if (typeof evaluate !== 'function') throw invalidOption('redisRecord', 'evaluate', 'a function', evaluate)
  const name = `the Redis key ${key}`
  const run = async (script: string, args: string[]) => {
    try {
      return await evaluate(script, [key], args)
    } catch (error) {
      throw engineError(name, error, { lasting: lastingWords, passing: passingWords })
    }
  }
  return {
    name,
    async get() {
      const text = await run(getScript, [])
      if (text === null || text === undefined || text === false) return undefined
      if (typeof text === 'string') return { text, version: text }
      throw replyError(name, 'text or null')
    },
    async put(text, version = '') {
      // Clients give an integer as a number, a bigint or a text.
      const reply = String(await run(putScript, [version, text]))
      if (reply === '0') return undefined
      if (reply !== '1') throw replyError(name, '0 or 1')
      await afterWrite?.()
      return text
    },
  }
}

function replyError(name: string, wanted: string): AuthError {
  return AuthError.build(`Cannot use ${name}: evaluate must return the reply of the script, ${wanted}`, {
    code: 'ERR_AUTH_STORE_ACCESS',
    option: 'evaluate',
  })
}
