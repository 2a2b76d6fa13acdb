import { configured } from './context.ts'
import { ok, fail, skipped, warn, type Results } from './result.ts'
import { toAppError } from '../../core/errors.ts'

/** The store that nodes share: reach, password, version, and whether it takes writes. */
export const lookAtRedis = configured(async ({ config, clock }): Promise<Results> => {
  const { store } = config
  if (store.type !== 'redis') return [skipped('the state is kept on this machine (store.type is not redis)')]
  const { createRedisClient, inspectServer, inTime } = await import('../../store/redis/client.ts')
  const about = `${store.host}:${store.port}`
  const client = createRedisClient(store)
  client.on('error', () => undefined)
  try {
    await inTime(client.connect(), store.timeout, clock)
    const version = await inTime(inspectServer(client, store.keyPrefix), store.timeout, clock)
    return [ok(`answers and takes writes, version ${version}`, about)]
  } catch (error) {
    const { message, hint = 'Look at the server, and at `host`, `port` and the password of the store.' } =
      toAppError(error)
    const seen = message === '' ? 'cannot be reached' : message
    return [store.whenDown === 'local' ? warn(seen, hint, about) : fail(seen, hint, about)]
  } finally {
    client.destroy()
  }
})
