import { invalidOption } from '@outbound-auth/core/provider'

/** @internal Rejects a life that the service does not grant. @throws TypeError */
export function checkLifetime(
  factory: string,
  lifetimeMs: number | undefined,
  leastMs: number,
  mostMs: number,
): void {
  if (lifetimeMs !== undefined && !(lifetimeMs >= leastMs && lifetimeMs <= mostMs))
    throw invalidOption(factory, 'lifetimeMs', `a number from ${leastMs} to ${mostMs}`, lifetimeMs)
}
