/**
 * @internal Stands for what `current` gives at each call of a method, so that it may be replaced below those who hold this.
 * A member that is not a method is that of the last one: looking at it cannot fail.
 */
export function follow<T extends object>(first: T, current: () => T): T {
  let last = first
  return new Proxy(
    { ...first },
    {
      get(_, name) {
        const member: unknown = last[name as keyof T]
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          last = current()
          return (last[name as keyof T] as typeof member)(...args)
        }
      },
    },
  )
}
