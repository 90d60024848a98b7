import { AssertionError } from 'node:assert'

/** Fails with one line a problem, each of which says where it is and what to do. */
export function expectNoProblems(problems: readonly string[]): void {
  if (problems.length === 0) return
  const error = new AssertionError({ message: `\n${problems.map((problem) => `  ${problem}`).join('\n')}` })
  // Without places in the code, the test runner shows no excerpt of this file.
  error.stack = error.message
  throw error
}
