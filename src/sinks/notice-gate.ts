import type { Clock } from '../core/clock.ts'
import type { Notice } from '../core/ports.ts'

/** A trouble that comes and goes is told once in this time. */
const WINDOW_MS = 600_000
/** Of OpenCTI each failure is told, as the scripts did that are in use, but a cause at most once a minute. */
const OPENCTI_WINDOW_MS = 60_000

export interface NoticeGateOptions {
  readonly clock: Clock
  /** Tells one notice. A rejection, which it has logged, makes the next notice of the same trouble be told. */
  readonly tell: (notice: Notice) => Promise<void>
}

export interface NoticeGate {
  /** Resolves when the notice was told, or held back. Never rejects: false when it could not be told. */
  pass(notice: Notice): Promise<boolean>
  /** From now on nothing is told. */
  close(): void
}

/** A trouble of one provider; `at` is when it was told last. */
type Trouble =
  | { readonly state: 'told'; readonly at: number }
  | { readonly state: 'over'; readonly at: number }
  /** It began again soon after: told when the window has passed, if it is not over by then. */
  | { readonly state: 'held'; readonly at: number }

function windowOf({ platform }: Notice): number {
  return platform === 'opencti' ? OPENCTI_WINDOW_MS : WINDOW_MS
}

/** Passes one notice of a provider and code in ten minutes (of OpenCTI in one minute), and after one that was told the end of it. */
export function createNoticeGate({ clock, tell }: NoticeGateOptions): NoticeGate {
  const closing = new AbortController()
  const providers = new Map<string, Map<string, Trouble>>()

  const troublesOf = (provider: string): Map<string, Trouble> => {
    const troubles = providers.get(provider) ?? new Map<string, Trouble>()
    providers.set(provider, troubles)
    return troubles
  }
  const tellTrouble = async (notice: Notice): Promise<boolean> => {
    const troubles = troublesOf(notice.provider)
    troubles.set(notice.code, { state: 'told', at: clock.monotonic() })
    const isTold = await told(tell(notice))
    if (!isTold) troubles.delete(notice.code)
    return isTold
  }
  const tellLater = async (notice: Notice, held: Trouble): Promise<void> => {
    await clock.sleep(held.at + windowOf(notice) - clock.monotonic(), closing.signal)
    const isStill = troublesOf(notice.provider).get(notice.code) === held
    if (isStill && !closing.signal.aborted) await tellTrouble(notice)
  }
  const failing = async (notice: Notice): Promise<boolean> => {
    const troubles = troublesOf(notice.provider)
    const before = troubles.get(notice.code)
    if (before === undefined || clock.monotonic() - before.at >= windowOf(notice)) return tellTrouble(notice)
    if (before.state !== 'over') return true
    const held: Trouble = { state: 'held', at: before.at }
    troubles.set(notice.code, held)
    void tellLater(notice, held)
    return true
  }
  const recovered = async (notice: Notice): Promise<boolean> => {
    const troubles = troublesOf(notice.provider)
    const wasTold = [...troubles.values()].some(({ state }) => state === 'told')
    for (const [code, { at }] of troubles) troubles.set(code, { state: 'over', at })
    return wasTold ? told(tell(notice)) : true
  }
  return {
    pass: async (notice) => {
      if (closing.signal.aborted) return false
      return notice.kind === 'failing' ? failing(notice) : recovered(notice)
    },
    close: () => closing.abort(),
  }
}

function told(telling: Promise<void>): Promise<boolean> {
  return telling.then(
    () => true,
    () => false,
  )
}
