import { byId } from './dom.ts'
import { readError } from './schema.ts'

/** Shows the whole record of a match; the place the reader came from has the focus again when it is closed. */
export async function showRecord(key: number): Promise<void> {
  const dialog = byId('record')
  if (!(dialog instanceof HTMLDialogElement)) return
  const text = byId('record-text')
  text.textContent = 'Loading …'
  dialog.showModal()
  text.textContent = await recordText(key)
}

async function recordText(key: number): Promise<string> {
  try {
    const response = await fetch(`api/matches/${key}`)
    const body = await response.text()
    return response.ok ? JSON.stringify(JSON.parse(body), null, 2) : readError(body)
  } catch {
    return 'Tripline does not answer.'
  }
}

export function initRecord(): void {
  byId('record-close').addEventListener('click', () => {
    const dialog = byId('record')
    if (dialog instanceof HTMLDialogElement) dialog.close()
  })
}
