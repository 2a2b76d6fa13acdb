import { describe, expect, it } from 'vitest'
import { unreadable } from './open-path.ts'

describe('unreadable', () => {
  it.each(['EACCES', 'EPERM'])('tells whom to give which group for %s', (code) => {
    const error = unreadable(Object.assign(new Error('x'), { code }))
    expect(error).toMatchObject({ code: 'SOURCE_UNREADABLE', retryability: 'transient' })
    expect(error.hint).toContain('Add the user that runs Tripline to group wazuh')
  })

  it('keeps the cause of anything else', () => {
    const cause = Object.assign(new Error('x'), { code: 'EIO' })
    expect(unreadable(cause)).toMatchObject({ code: 'SOURCE_UNREADABLE', cause })
  })
})
