import { platformKeys } from '../toml/parse-platform.js'
import { storeKeys } from '../toml/parse-store.js'
import { commonKeys, type KeyShape, kindKeys, oauthClientKeys } from './definition-keys.js'
import { knownPresets } from './known-presets.js'
import { type RoleShape, roleKeys } from './parse-aws-credentials.js'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string', pattern: '\\S' }
const milliseconds: Schema = { type: 'number', minimum: 0 }

const reference: readonly Schema[] = [
  exactly({ env: text }, ['env']),
  exactly({ file: text }, ['file']),
  exactly(
    {
      command: { type: 'array', items: { type: 'string' }, minItems: 1 },
      cwd: text,
      timeout_ms: { type: 'number', exclusiveMinimum: 0 },
      refresh_interval_ms: milliseconds,
    },
    ['command'],
  ),
]
const secret: Schema = { anyOf: [text, ...reference] }
const platforms: readonly Schema[] = Object.entries(platformKeys).map(([platform, { keys, required }]) =>
  exactly({ [platform]: exactly(Object.fromEntries(keys.map((key) => [key, text])), required) }, [platform]),
)
const storeShapes: Readonly<Record<string, Schema>> = {
  url: secret,
  encryption_keys: { type: 'array', items: secret, minItems: 1 },
}
const parameters: Schema = { type: 'object', additionalProperties: { type: 'string' } }
const header: Schema = {
  anyOf: [{ type: 'string' }, exactly({ env: text, optional: { type: 'boolean' } }, ['env'])],
}

const url: Schema = { type: 'string', format: 'uri', pattern: '^[hH][tT][tT][pP][sS]?://[^?#]*$' }
const textOrVariable: Schema = { anyOf: [text, exactly({ env: text }, ['env'])] }
const subjectToken: Schema = { anyOf: [text, ...reference, ...platforms] }
const roleShapes: Readonly<Record<RoleShape, Schema>> = {
  text,
  url,
  milliseconds,
  'text or variable': textOrVariable,
  'subject token': subjectToken,
}

/** Each shape of a value as a schema, but for the one that is made of others. */
const plainShapes: Readonly<Record<Exclude<KeyShape, 'oauth client'>, Schema>> = {
  text,
  'text or variable': textOrVariable,
  url,
  origins: { type: 'array', items: { type: 'string', pattern: '^[hH][tT][tT][pP][sS]?://[^/?#]*/?$' } },
  milliseconds,
  secret,
  'subject token': subjectToken,
  headers: { type: 'object', additionalProperties: header },
  query: parameters,
  'query name or parameters': { anyOf: [text, parameters] },
  'aws credentials': {
    anyOf: [
      { enum: ['aws', 'anonymous'] },
      exactly({ profile: text }, ['profile']),
      exactly({ access_key_id: secret, secret_access_key: secret, session_token: secret }, [
        'access_key_id',
        'secret_access_key',
      ]),
      exactly(Object.fromEntries(Object.entries(roleKeys).map(([key, shape]) => [key, roleShapes[shape]])), [
        'role_arn',
        'subject_token',
      ]),
    ],
  },
  'text or list': { anyOf: [text, { type: 'array', items: text, minItems: 1 }] },
  port: { type: 'integer', minimum: 0, maximum: 65_535 },
  boolean: { type: 'boolean' },
  'signed headers': { anyOf: [text, { type: 'array', items: text }] },
  store: {
    anyOf: Object.entries(storeKeys).map(([name, keys]) =>
      exactly(
        {
          [name]: exactly(Object.fromEntries(keys.map((key) => [key, storeShapes[key] ?? text])), [
            'url',
            'key',
          ]),
        },
        [name],
      ),
    ),
  },
  registration: exactly({ base_url: { type: 'string', format: 'uri' } }, ['base_url']),
}
const shapes: Readonly<Record<KeyShape, Schema>> = {
  ...plainShapes,
  'oauth client': exactly(
    Object.fromEntries(
      Object.entries(oauthClientKeys).map(([key, shape]) => [
        key,
        plainShapes[shape as keyof typeof plainShapes],
      ]),
    ),
    ['client_id'],
  ),
}

/**
 * The JSON schema of `outbound-auth.toml`, made of the table of keys that the parser uses. Editors with a TOML language
 * server complete and check the file with it. A contradiction between keys is left to the command.
 *
 * @see https://json-schema.org/draft/2020-12/schema
 */
export function configSchema(): Readonly<Record<string, unknown>> {
  const kinds = [...kindKeys]
  const keys = Object.assign({}, ...kinds.map(([, kind]) => kind.keys), commonKeys) as Record<
    string,
    KeyShape
  >
  const properties = Object.fromEntries(
    Object.keys(keys).map((key) => {
      const used = new Set([commonKeys[key], ...kinds.map(([, kind]) => kind.keys[key])].filter(isShape))
      const schemas = [...used].map((shape) => shapes[shape])
      return [key, schemas.length === 1 ? schemas[0] : { anyOf: schemas }]
    }),
  )
  properties['kind'] = { enum: kinds.map(([name]) => name) }
  properties['preset'] = { enum: knownPresets().map(({ name }) => name) }
  const branches = kinds.map(([name, kind]) => ({
    if: { properties: { kind: { const: name } }, required: ['kind'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON schema calls it so.
    then: {
      properties: Object.fromEntries(
        Object.keys(keys)
          .filter((key) => !isKeyOf(key, kind.keys))
          .map((key) => [key, false]),
      ),
      // A preset brings the keys that are missing.
      ...(kind.required.length > 0 && { anyOf: [{ required: ['preset'] }, { required: kind.required }] }),
    },
  }))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'outbound-auth.toml',
    description:
      'Configuration of the outbound-auth command and of loadConfig of @outbound-auth/resolver/config',
    type: 'object',
    additionalProperties: false,
    properties: {
      default_provider: { ...text, description: 'The provider of a path' },
      providers: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          anyOf: [{ required: ['kind'] }, { required: ['preset'] }],
          properties,
          allOf: branches,
        },
      },
    },
  }
}

function isShape(shape: KeyShape | undefined): shape is KeyShape {
  return shape !== undefined
}

function isKeyOf(key: string, shapes: Readonly<Record<string, KeyShape>>): boolean {
  return Object.hasOwn(shapes, key) || Object.hasOwn(commonKeys, key)
}

/** An object with these properties and no others. */
function exactly(properties: Schema, required: readonly string[]): Schema {
  return { type: 'object', properties, required, additionalProperties: false }
}
