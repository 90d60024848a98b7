import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Counts, Outcome } from './fleet.js'

/** The whole loads instead of those of every run. */
export const isFull: boolean = process.env['MODE'] === 'full'

/** One row of docs/shared-store.md. */
export interface Figure extends Counts {
  /** The table that it belongs to. */
  readonly table: 'promised' | 'not promised' | 'others' | 'latency'
  readonly name: string
  readonly rounds: number
  /** Runs after which the login did not work. */
  readonly lost: number
  readonly runs: number
  readonly time: string
}

/** Writes down a row for the table that `pnpm test:fleet` prints at its end. */
export function noteFigure(figure: Figure): void {
  const path = process.env['FLEET_FIGURES']
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(figure)}\n`)
}

/** Writes down a row that the design promises: one refresh a round, no reuse, no lost login. */
export function expectPromise(figure: Pick<Figure, 'name' | 'rounds' | 'time'> & Counts): void {
  const { rounds, refreshes, reuses } = figure
  expect({ refreshes, reuses }).toEqual({ refreshes: rounds, reuses: 0 })
  noteFigure({ ...figure, table: 'promised', lost: 0, runs: 1 })
}

/** `p50 134 ms, max 541 ms` of the requests. */
export function timesOf(outcomes: readonly Outcome[]): string {
  const sorted = outcomes.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  return `p50 ${at(0.5)} ms, max ${at(1)} ms`
}

/** `5.3 s`, of the last request. */
export function lastOf(outcomes: readonly Outcome[]): string {
  return `${(Math.max(...outcomes.map(({ ms }) => ms)) / 1000).toFixed(1)} s`
}
