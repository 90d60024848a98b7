import { AuthError } from '@outbound-auth/core'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import { engineError } from './record/engine-error.js'
import type { SharedRecord } from './record/shared-record.js'

/** Options of {@link postgresRecord}. */
export interface PostgresRecordOptions {
  /** The name of the record within the table, such as `codex/team-1`. */
  readonly name: string
  /**
   * Runs one statement with its parameters on the primary, with your own client, and returns its rows.
   *
   * - pg: `(text, values) => pool.query(text, values)`
   * - postgres: `(text, values) => sql.unsafe(text, values)`
   */
  readonly query: (text: string, values: string[]) => Promise<QueryResult>
  /**
   * The table, with its schema if needed: `create table outbound_auth_documents (name text primary key, body text not
   * null, version bigint not null)`.
   *
   * @default 'outbound_auth_documents'
   */
  readonly table?: string | undefined
}

type Row = Readonly<Record<string, unknown>>
type QueryResult = readonly Row[] | { readonly rows: readonly Row[] }

/** SQLSTATEs that stay until somebody changes the configuration: rights, names, columns, passwords. */
const lastingStates = ['28\\w{3}', '3D000', '3F000', '42\\w{3}', '22\\w{3}']
const passingStates = ['08\\w{3}', '25006', '40\\w{3}', '53\\w{3}', '55\\w{3}', '57\\w{3}', '58\\w{3}']

/**
 * A record in one row of a table of PostgreSQL, for {@link sharedStore}. Each operation is one statement, so it works
 * behind a pool that changes connections between transactions, and holds no connection while a token is refreshed.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from its methods: `ERR_AUTH_STORE_ACCESS` (build) for a missing table or right, or a rejected
 * certificate, `ERR_AUTH_STORE_IO` (transient) for anything else; neither holds the client's message
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function postgresRecord(options: PostgresRecordOptions): SharedRecord {
  const {
    name: row,
    query,
    table = 'outbound_auth_documents',
  } = checkOptions('postgresRecord', options, ['name', 'query', 'table'])
  if (typeof row !== 'string' || row === '' || row.includes('\0'))
    throw invalidOption('postgresRecord', 'name', 'the name of the record', row)
  if (typeof query !== 'function') throw invalidOption('postgresRecord', 'query', 'a function', query)
  // A name of a table cannot be a parameter.
  if (typeof table !== 'string' || !/^([a-z_]\w{0,62}\.)?[a-z_]\w{0,62}$/i.test(table))
    throw invalidOption(
      'postgresRecord',
      'table',
      'a name of letters, digits and _, such as auth.documents',
      table,
    )
  const name = `the row ${row} of the table ${table}`
  const run = async (text: string, values: string[]): Promise<Row | undefined> => {
    let result: QueryResult
    try {
      result = await query(text, values)
    } catch (error) {
      throw engineError(name, withoutMessage(error), { lasting: lastingStates, passing: passingStates })
    }
    const rows = 'rows' in result ? result.rows : result
    if (Array.isArray(rows)) return rows[0]
    throw AuthError.build(`Cannot use ${name}: query must return the rows, or an object with the rows`, {
      code: 'ERR_AUTH_STORE_ACCESS',
      option: 'query',
    })
  }
  return {
    name,
    async get() {
      const found = await run(`select body, version from ${table} where name = $1`, [row])
      return found && { text: String(found['body']), version: String(found['version']) }
    },
    async put(text, version) {
      const written =
        version === undefined
          ? await run(
              `insert into ${table} (name, body, version) values ($1, $2, $3::bigint) on conflict (name) do nothing returning version`,
              [row, text, firstVersion()],
            )
          : await run(
              `update ${table} set body = $2, version = version + 1 where name = $1 and version = $3::bigint returning version`,
              [row, text, version],
            )
      return written && String(written['version'])
    },
  }
}

/** A random start, so that a holder of a row that was removed cannot write to the next row of this name. */
function firstVersion(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return String((BigInt(high & 0xfffff) << 32n) | BigInt(low))
}

/** The code alone: five letters of a message may look like an SQLSTATE. */
function withoutMessage(error: unknown): unknown {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return { code }
}
