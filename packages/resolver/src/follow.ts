/**
 * @internal Stands for what `current` gives at each use of a member, so that it may be replaced below those who hold this.
 *
 * @param first what is shown when it is printed
 */
export function follow<T extends object>(first: T, current: () => T): T {
  return new Proxy(
    { ...first },
    {
      get(_, name) {
        const followed = current()
        const member: unknown = followed[name as keyof T]
        return typeof member === 'function' ? member.bind(followed) : member
      },
    },
  )
}
