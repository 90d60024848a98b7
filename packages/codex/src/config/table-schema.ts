import * as v from 'valibot'
import { isTable } from './config-layers.js'

/**
 * @internal A table with any keys. `v.record` leaves out `constructor` and `__proto__`, which are ordinary names here.
 */
export function anyTable(): v.GenericSchema<Record<string, unknown>> {
  return v.custom<Record<string, unknown>>(isTable, 'Object')
}

/** @internal A table of strings with any keys. */
export function textTable(): v.GenericSchema<unknown, Record<string, string>> {
  return v.pipe(
    v.custom<Record<string, string>>(isTable, 'Object'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return
      const input = dataset.value
      for (const [key, value] of Object.entries<unknown>(input)) {
        if (typeof value === 'string') continue
        addIssue({ message: 'string', path: [{ type: 'object', origin: 'value', input, key, value }] })
      }
    }),
  )
}

const expectations: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  Object: 'a table',
  Array: 'a list',
  never: 'left out',
  '(string | Array)': 'a string or a list of strings',
  '>=0': 'a whole number, 0 or more',
  '>=1': 'a whole number greater than 0',
}

/** @internal The expected type of an issue, in words, without the value. */
export function expectation({ expected, message }: { expected: string | null; message: string }): string {
  if (Object.hasOwn(expectations, message)) return String(expectations[message])
  const wanted = expected ?? ''
  if (Object.hasOwn(expectations, wanted)) return String(expectations[wanted])
  // For a missing key, the expectation is the key's own name.
  if (wanted.startsWith('"')) return 'present'
  return `one of ${wanted.replace(/^\(|\)$/g, '').replaceAll(' | ', ', ')}`
}
