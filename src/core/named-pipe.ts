import { stat } from 'node:fs/promises'

/**
 * Throws for a named pipe, and the system's error where nothing is there: opening a pipe that nobody writes to holds a thread, and with it
 * the end of the process, for ever. That of a shell (`<(…)`) has a writer.
 */
export async function refuseNamedPipe(path: string): Promise<void> {
  const isNamedPipe = (await stat(path)).isFIFO() && !/^\/(?:dev|proc)\//.test(path)
  if (isNamedPipe) throw new Error('it is a named pipe')
}
