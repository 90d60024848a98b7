import { kindKeys, propertyOf } from './definition-keys.js'
import { isTable } from './toml-value.js'

type Candidate = readonly [path: readonly string[], phrases: readonly string[]]

/**
 * The key of a provider's table that an error's message names: as an option, by its value, or as the credential. It
 * decides only which line is shown, so a message that says it in other words costs no more than that.
 *
 * @param table the keys as the file has them
 */
export function blamedKey(
  message: string,
  table: Readonly<Record<string, unknown>>,
): readonly string[] | undefined {
  const keys = Object.keys(table)
  // What is said exactly goes before words that may stand in any sentence.
  const ranks: readonly (readonly Candidate[])[] = [
    [
      ...keys.flatMap((key) => partsOf(key, table[key])),
      ...credentialOf(keys, message, /for the [\w-]+ credential/),
    ],
    keys.map((key) => [[key], typeof table[key] === 'string' ? [JSON.stringify(table[key])] : []]),
    'prefix' in table ? [[['prefix'], ['Cannot set header']]] : [],
    keys.map((key) => [[key], [key, propertyOf(key), key.replaceAll('_', ' ')]]),
    credentialOf(keys, message, /credentials?/),
  ]
  for (const candidates of ranks) {
    const found = candidates.flatMap(([path, phrases]) =>
      phrases.map((phrase) => ({ path, phrase, at: positionOf(phrase, message) })),
    )
    const [first] = found
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.phrase.length - a.phrase.length)
    if (first) return first.path
  }
  return undefined
}

/** The key that holds the credential, when the message speaks of one. */
function credentialOf(keys: readonly string[], message: string, words: RegExp): readonly Candidate[] {
  const [said] = words.exec(message) ?? []
  const credential = keys.find((key) => [...kindKeys.values()].some((kind) => kind.credential === key))
  return said === undefined || credential === undefined ? [] : [[[credential], [said]]]
}

/** The entries of a table in the table: `header x-team`, `query v`, `credentials.accessKeyId`. */
function partsOf(key: string, value: unknown): readonly Candidate[] {
  if (!isTable(value)) return []
  return Object.keys(value).map((name) => {
    const part = propertyOf(name)
    const phrases =
      key === 'headers'
        ? [`header ${name}`]
        : key === 'query'
          ? [`query ${name}`]
          : [`${propertyOf(key)}.${part}`, `${part} of`]
    return [[key, name], phrases]
  })
}

/** Where a phrase stands as words of their own; -1 when it does not. */
function positionOf(phrase: string, message: string): number {
  const escaped = phrase.replace(/[^\w\s]/g, '\\$&')
  return message.search(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'i'))
}
