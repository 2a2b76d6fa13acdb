/** Alerts as they go to the disk: lines, each with its end. */
export interface Part {
  readonly bytes: Buffer
  readonly alerts: number
}

/** A file of this size is read in one piece later, several at a time: bounds the memory of reading. */
export const PART_BYTES = 1024 ** 2
/** The same for alerts of a few bytes. */
export const PART_ALERTS = 4096

const LINE_END = Buffer.from('\n')
const [NEWLINE, CARRIAGE_RETURN, BLANK] = [0x0a, 0x0d, 0x20]

/** Collects alerts into parts. */
export interface PartWriter {
  /** Adds one alert. Its bytes are not copied, and must not change. */
  add(line: Buffer): void
  /** Alerts so far. */
  alerts(): number
  /** All parts; nothing is added afterwards. */
  parts(): readonly Part[]
}

export function createPartWriter(): PartWriter {
  const parts: Part[] = []
  let lines: Buffer[] = []
  let bytes = 0
  let total = 0
  const cut = (): void => {
    if (lines.length === 0) return
    parts.push({ bytes: Buffer.concat(lines.flatMap((line) => [line, LINE_END])), alerts: lines.length })
    lines = []
    bytes = 0
  }
  return {
    add: (line) => {
      if (lines.length >= PART_ALERTS || bytes + line.length > PART_BYTES) cut()
      lines.push(inOneLine(line))
      bytes += line.length + 1
      total += 1
    },
    alerts: () => total,
    parts: () => {
      cut()
      return parts
    },
  }
}

/** Line ends cannot stand inside of strings in JSON (RFC 8259, 7), so these only lay it out; the other bytes stay as they came. */
function inOneLine(line: Buffer): Buffer {
  if (!line.includes(NEWLINE)) return line
  const copy = Buffer.from(line)
  for (let at = copy.indexOf(NEWLINE); at !== -1; at = copy.indexOf(NEWLINE, at + 1)) {
    copy[at] = BLANK
    if (copy[at - 1] === CARRIAGE_RETURN) copy[at - 1] = BLANK
  }
  return copy
}
