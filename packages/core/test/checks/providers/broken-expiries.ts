import { type BrokenProvider, broken, saysExpiry } from './broken-provider.js'

export const brokenExpiries: readonly BrokenProvider[] = [
  {
    what: 'throws when asked when its credential expires',
    fails: [saysExpiry],
    create: () =>
      broken({
        expiresAt() {
          throw new Error('asked too early')
        },
      }),
  },
  {
    what: 'says that its credential expires on no date',
    fails: [saysExpiry],
    create: () => broken({ expiresAt: () => new Date(Number.NaN) }),
  },
]
