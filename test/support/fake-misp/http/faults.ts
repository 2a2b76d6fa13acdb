/**
 * Ways for the server to fail. `page-cap` and `clock-skew` leave a good answer otherwise.
 * - maintenance: 302 to the login page for all but site admins
 * - database-down: 500, for wrong keys too
 * - html-200, html-502: a login page, a proxy's error page
 * - truncated-json: half of the body, with the length of that half
 * - slow-first-byte: the answer after `ms`
 * - slow-drip: the body byte by byte, `ms` between two
 * - hang: never any answer
 * - reset: the socket is destroyed
 * - rate-limit: 429, the window ends in `seconds`
 * - page-cap: at most `rows` in a page, whatever the limit asked for
 * - huge-answer: a body without end
 * - clock-skew: the Date header is `seconds` off
 */
export const FAULTS = [
  'maintenance',
  'database-down',
  'html-200',
  'html-502',
  'truncated-json',
  'slow-first-byte',
  'slow-drip',
  'hang',
  'reset',
  'rate-limit',
  'page-cap',
  'huge-answer',
  'clock-skew',
] as const
export type Fault = (typeof FAULTS)[number]

export interface FaultOptions {
  /** For so many requests; for all when absent. */
  readonly times?: number
  /** Only requests whose path matches. */
  readonly path?: RegExp
  readonly ms?: number
  readonly seconds?: number
  readonly rows?: number
}

export interface ActiveFault extends FaultOptions {
  readonly fault: Fault
  left: number
}

export interface Faults {
  /** Replaces all others; undefined ends them. */
  readonly set: (fault: Fault | undefined, options?: FaultOptions) => void
  /** Beside those that are there. */
  readonly add: (fault: Fault, options?: FaultOptions) => void
  /** Those that this request meets; each counts down. */
  take(path: string): readonly ActiveFault[]
}

export function createFaults(): Faults {
  let active: ActiveFault[] = []
  const add = (fault: Fault, options: FaultOptions = {}): void => {
    active.push({ ...options, fault, left: options.times ?? Infinity })
  }
  return {
    add,
    set: (fault, options) => {
      active = []
      if (fault !== undefined) add(fault, options)
    },
    take: (path) => {
      const met = active.filter((each) => each.left > 0 && each.path?.test(path) !== false)
      for (const each of met) each.left -= 1
      active = active.filter(({ left }) => left > 0)
      return met
    },
  }
}
