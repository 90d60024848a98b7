// Times contenders in one process, so that a busy machine slows all of them alike: rounds in shuffled order, CPU time,
// medians.

/**
 * @typedef {{ readonly [contender: string]: () => unknown }} Contenders functions to time; async ones return a promise
 * @typedef {{ readonly [contender: string]: number }} Medians CPU microseconds of one call
 */

/**
 * @param {Contenders} contenders
 * @param {{ rounds?: number, roundMs?: number }} [options]
 * @returns {Promise<Medians>}
 */
export async function measure(contenders, { rounds = 21, roundMs = 40 } = {}) {
  const names = Object.keys(contenders)
  /** @type {Record<string, number[]>} */
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const name of shuffle(names)) {
      const sample = await time(/** @type {() => unknown} */ (contenders[name]), roundMs)
      // The first round only warms up.
      if (round >= 0) samples[name]?.push(sample)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name] ?? [])]))
}

/** @param {() => unknown} run @param {number} roundMs */
async function time(run, roundMs) {
  const isAsync = run() instanceof Promise
  const end = performance.now() + roundMs
  const start = process.cpuUsage()
  let calls = 0
  while (performance.now() < end) {
    for (let i = 0; i < 20; i++, calls++) {
      if (isAsync) await run()
      else run()
    }
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / calls
}

/** @template T @param {readonly T[]} items */
function shuffle(items) {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * Prints rows as an aligned table.
 * @param {readonly (readonly (string | number)[])[]} rows
 */
export function printTable(rows) {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell)))
  const widths = (texts[0] ?? []).map((_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0)),
  )
  for (const row of texts) {
    console.log(
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
  }
}
