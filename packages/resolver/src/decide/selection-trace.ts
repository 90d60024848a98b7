/** One rule that a decision looked at. */
export interface SelectionStep {
  readonly rule: string
  readonly outcome: 'chosen' | 'passed-over'
  /** The reason for the outcome, in words. */
  readonly because: string
}

/** A decision of `selectAuth` or `selectBedrock`. */
export interface AuthSelection {
  /** The definition for `resolver.resolveUnknown`. */
  readonly definition: Readonly<Record<string, unknown>>
  /** The reason for the decision, in words. */
  readonly reason: string
  /** Every rule that was looked at, in order. The last one was chosen. */
  readonly trace: readonly SelectionStep[]
}

/** @internal Notes which rules were looked at. */
export interface SelectionTrace {
  passOver(rule: string, because: string): void
  /** @param reason `because` unless the reason says more */
  choose(
    rule: string,
    because: string,
    definition: AuthSelection['definition'],
    reason?: string,
  ): AuthSelection
}

/** @internal */
export function selectionTrace(): SelectionTrace {
  const trace: SelectionStep[] = []
  return {
    passOver(rule, because) {
      trace.push({ rule, outcome: 'passed-over', because })
    },
    choose(rule, because, definition, reason = because) {
      trace.push({ rule, outcome: 'chosen', because })
      return { definition, reason, trace }
    },
  }
}
