import type { Sink } from '../core/ports.ts'

/**
 * Stands for a sink that is not required and could not be opened at the start: it is opened with the next write that succeeds in
 * that. Until then it has no readers to tell anything. `takes` is that of the sink: what it does not take needs no room meanwhile.
 */
export function createLateSink(about: Pick<Sink, 'id' | 'takes'>, open: () => Promise<Sink>): Sink {
  let opened: Sink | undefined
  return {
    ...about,
    write: async (delivery, signal) => {
      opened ??= await open()
      await opened.write(delivery, signal)
    },
    notice: (notice) => opened?.notice?.(notice) ?? Promise.resolve(true),
    seen: (eventId) => opened?.seen?.(eventId),
    close: async () => {
      await opened?.close()
    },
  }
}
