import { getSystemErrorMap } from 'node:util'

/**
 * Names the system call that failed, if that is the cause of an error: `ENOSPC (mkdtemp: no space left on device)`. The
 * text of the error is not used, because it quotes the path, which may be a secret. A code counts only if the system
 * knows it.
 */
export function systemProblem(error: unknown): string | undefined {
  let cause = error
  for (let depth = 0; depth < 5 && typeof cause === 'object' && cause !== null; depth++) {
    const { code, syscall, cause: next } = cause as { code?: unknown; syscall?: unknown; cause?: unknown }
    const meaning = meaningOf(code)
    if (meaning !== undefined) {
      const call = callOf(syscall)
      return `${code} (${call === undefined ? meaning : `${call}: ${meaning}`})`
    }
    cause = next
  }
  return undefined
}

/** The syscall `spawn /usr/bin/git` names a program. */
function callOf(syscall: unknown): string | undefined {
  return typeof syscall === 'string' ? /^[a-z]\w{1,20}/.exec(syscall)?.[0] : undefined
}

function meaningOf(code: unknown): string | undefined {
  for (const [name, meaning] of getSystemErrorMap().values()) if (name === code) return meaning
  return undefined
}
