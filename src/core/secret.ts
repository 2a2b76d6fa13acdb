import { inspect } from 'node:util'

const REDACTED = '[REDACTED]'

/** A value that cannot be printed by accident: `String()`, JSON and `util.inspect` all give `[REDACTED]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself. Call it only where the secret leaves for its own server. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
