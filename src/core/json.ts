/** An object of parsed JSON, its values not looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** An object that is neither null nor an array. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined when the text is not JSON, or nests too deeply for the engine (a RangeError). */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
