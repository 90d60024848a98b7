import { parseSync, Visitor } from 'oxc-parser'

const starters = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']

/** Scripts that run in the developer's own terminal, at the root of the workspace, with the developer's environment. */
const ownTerminal = ['scripts/bootstrap.mjs']

/** Calls in a script that start a child process with another environment than that of `childEnvironment()`. */
export function childProcessOffences(path: string, text: string): string[] {
  if (ownTerminal.includes(path)) return []
  const found: string[] = []
  new Visitor({
    CallExpression({ callee, start, end }) {
      if (callee.type !== 'Identifier' || !starters.includes(callee.name)) return
      if (/\benv: childEnvironment\(/.test(text.slice(start, end))) return
      const line = text.slice(0, start).split('\n').length
      found.push(
        `${path}:${line} starts a child process without \`env: childEnvironment(…)\`: a git hook's GIT_DIR, or NODE_ENV, would reach it`,
      )
    },
  }).visit(parseSync(path, text).program)
  return found
}
