import { usageError } from '../lib/command-error.js'
import type { CommandArguments } from './command-arguments.js'

const usualMethods = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/

/** The method, and the one URL or path. @throws CommandError `ERR_CLI_USAGE` */
export function readPositionals({
  positionals,
  method: named,
  data,
}: Pick<CommandArguments, 'positionals' | 'method' | 'data'>): { method: string; target: string } {
  const [first = '', second] = positionals
  if (positionals.length > 2) {
    throw usageError('Too many arguments: [METHOD] URL|PATH; put quotes around text that has spaces')
  }
  const isAlone = second === undefined
  if (first.trim() === '' || second?.trim() === '' || (isAlone && /^[A-Z]+$/.test(first))) {
    throw usageError('The URL or path is missing: write [METHOD] URL|PATH')
  }
  if (!isAlone && named !== undefined) {
    throw usageError('The method is given twice: remove -X, or the word before the URL or path')
  }
  const word = named ?? (isAlone ? undefined : first)
  const target = second ?? first
  if (word === undefined) return { method: data.length > 0 ? 'POST' : 'GET', target }
  const method = word.toUpperCase()
  // Reject unknown methods in lower case: the word may belong to data that lacks quotes.
  if (!/^[A-Z][A-Z-]*$/.test(word) && !usualMethods.test(method)) {
    throw usageError(
      'METHOD must be an HTTP method such as GET or POST (others in capitals), and come before the URL or path',
    )
  }
  if (/^(CONNECT|TRACE|TRACK)$/.test(method)) {
    throw usageError(`A ${method} request cannot be sent: use another method`)
  }
  if (data.length > 0 && /^(GET|HEAD)$/.test(method)) {
    throw usageError(`A ${method} request has no body: remove -d`)
  }
  return { method, target }
}
