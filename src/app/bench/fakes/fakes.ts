import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { fakeMisp } from './misp.ts'
import { fakeOpenCti } from './opencti.ts'
import { serve } from './serve.ts'

/** Where the fakes listen, and what opens them. */
export const fakeAddresses = z.strictObject({
  misp: z.strictObject({ url: z.url(), key: z.string() }),
  opencti: z.strictObject({ url: z.url(), token: z.string() }),
})
export type FakeAddresses = z.infer<typeof fakeAddresses>

export interface Fakes {
  readonly addresses: FakeAddresses
  close(): Promise<void>
}

/** A MISP and an OpenCTI on loopback that hold what the sample alerts ask for. Key and token are made for this run. */
export async function startFakes(): Promise<Fakes> {
  const key = randomBytes(20).toString('hex')
  const token = randomUUID()
  const misp = await serve(fakeMisp(key))
  const opencti = await serve(fakeOpenCti(token))
  return {
    addresses: { misp: { url: misp.url, key }, opencti: { url: opencti.url, token } },
    close: async () => {
      await Promise.all([misp.close(), opencti.close()])
    },
  }
}
