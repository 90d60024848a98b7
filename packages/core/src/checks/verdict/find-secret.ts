/**
 * @internal Looks for secrets in everything that a log could show of a value: as it is printed, as JSON, as text, and
 * in its own fields; raw, percent-encoded, in base64 (at any offset), hex or as a list of bytes.
 *
 * @returns the place of the first secret, in words without the secret; undefined when no secret was found
 */
export function findSecret(value: unknown, secrets: readonly string[]): string | undefined {
  for (const [where, text] of printings(value)) {
    const plain = text.toLowerCase()
    const packed = plain.replace(/\s+/g, '')
    const numbers = ` ${plain.replace(/"\d+":/g, ' ').replace(/[^\da-z]+/g, ' ')} `
    const readings: Readonly<Record<string, string>> = { hex: packed, bytes: numbers }
    for (const [index, secret] of secrets.entries()) {
      for (const [form, encoded] of formsOf(secret)) {
        const reading = readings[form] ?? plain
        if (reading.includes(encoded.toLowerCase())) return `secret ${index + 1} (${form}) in ${where}`
      }
    }
  }
  return undefined
}

function formsOf(secret: string): (readonly [string, string])[] {
  const bytes = [...new TextEncoder().encode(secret)]
  const base64 = [0, 1, 2].map((offset) => base64Core(bytes, offset))
  return [
    ['raw', secret],
    ['escaped', JSON.stringify(secret).slice(1, -1)],
    ['percent-encoded', encodeURIComponent(secret)],
    ['form-encoded', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['hex', bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')],
    ['bytes', ` ${bytes.join(' ')} `],
    ...base64.map((text) => ['base64', text] as const),
    ...base64.map((text) => ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')] as const),
  ]
}

/**
 * The base64 letters of these bytes when other bytes surround them (`user:secret`): only letters that do not depend on
 * the neighbours.
 */
function base64Core(bytes: readonly number[], offset: number): string {
  const encoded = btoa(String.fromCharCode(...new Array<number>(offset).fill(0), ...bytes))
  const end = Math.floor(((offset + bytes.length) * 8) / 6)
  return encoded.slice(Math.ceil((offset * 8) / 6), end)
}

function printings(value: unknown): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = []
  const print = (where: string, text: () => string | undefined) => {
    try {
      found.push([where, text() ?? ''])
    } catch {
      // A value that cannot be printed this way cannot be seen this way.
    }
  }
  print('a template string', () => `${value}`)
  print('JSON.stringify', () => JSON.stringify(value))
  const util = nodeUtil()
  if (util !== undefined) {
    const depth = Number.POSITIVE_INFINITY
    const everything = { depth, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }
    print('util.inspect', () => util.inspect(value, everything))
    print('util.inspect without its customs', () =>
      util.inspect(value, { ...everything, customInspect: false }),
    )
    print('util.format %o', () => util.format('%o', value))
  }
  print('its fields', () => fieldsOf(value))
  return found
}

type NodeUtil = typeof import('node:util')

/** This entry point runs anywhere, so Node's module is asked for where there is one, and never imported. */
function nodeUtil(): NodeUtil | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  return process?.getBuiltinModule?.('node:util') as NodeUtil | undefined
}

/** All texts and bytes in a value's own fields: the hidden ones, the symbols and the getters too. */
function fieldsOf(root: unknown): string {
  const seen = new Set<unknown>([globalThis])
  const texts: string[] = []
  const visit = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value)
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      return
    seen.add(value)
    if (value instanceof ArrayBuffer) visit(new Uint8Array(value))
    if (value instanceof Uint8Array) texts.push(`${value}`)
    if (value instanceof Map || value instanceof Set) for (const entry of value) visit(entry)
    for (const key of Reflect.ownKeys(value)) {
      if (value instanceof Uint8Array && typeof key === 'string' && /^\d/.test(key)) continue
      texts.push(String(key))
      try {
        visit(Reflect.get(value, key))
      } catch {
        // A getter that throws shows nothing.
      }
    }
  }
  visit(root)
  return texts.join('\n')
}
