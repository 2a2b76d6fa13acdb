/** A STIX 2.1 pattern (part 9 of the specification) as a tree; `all`, `any` and `sequence` have two parts or more. */
export type PatternNode =
  | { readonly kind: 'observation'; readonly expression: Expression }
  /** AND: several observations. */
  | { readonly kind: 'all'; readonly of: readonly PatternNode[] }
  /** OR. */
  | { readonly kind: 'any'; readonly of: readonly PatternNode[] }
  /** FOLLOWEDBY. */
  | { readonly kind: 'sequence'; readonly of: readonly PatternNode[] }
  /** WITHIN, REPEATS, START … STOP. */
  | { readonly kind: 'qualified'; readonly of: PatternNode }

/** What is said of one observation. */
export type Expression =
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'or'; readonly of: readonly Expression[] }
  | Comparison
  | { readonly kind: 'exists'; readonly path: string; readonly negated: boolean }

export interface Comparison {
  readonly kind: 'comparison'
  /** In lower case, without quotes and `[*]`: `file:hashes.sha-256`. An index stays: `x:list[0]`. */
  readonly path: string
  readonly operator: Operator
  readonly negated: boolean
  /** One, but for `in`: any number of one kind. */
  readonly literals: readonly Literal[]
}

/** `!=` is `=` negated. */
export type Operator = '=' | '<' | '<=' | '>' | '>=' | 'in' | 'like' | 'matches' | 'issubset' | 'issuperset'

export type Literal =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** A character of 0 to 255 for each byte. */
  | { readonly kind: 'binary'; readonly value: string }
  /** Comparable as text: see `readTime`. */
  | { readonly kind: 'time'; readonly value: string }
