/** The process of the fakes: what they use is not counted as Tripline's. Ends with the one that started it. */
import { startFakes } from './fakes.ts'

// Ctrl-C reaches all processes of a terminal: the fakes answer until they are not asked any more.
process.on('SIGINT', () => undefined)

const fakes = await startFakes()
process.on('disconnect', () => void fakes.close())
if (process.connected) process.send?.(fakes.addresses)
else await fakes.close()
