import { byId } from './dom.ts'

const KEY = 'tripline-theme'

/** Light or dark as the system has it, until the button says otherwise; that is remembered. `onChange`: colours are other ones now. */
export function initTheme(onChange: () => void): void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const root = document.documentElement
  const button = byId('theme')
  const isDark = (): boolean =>
    root.dataset['theme'] === undefined ? system.matches : root.dataset['theme'] === 'dark'
  const show = (): void => {
    button.textContent = isDark() ? 'Light' : 'Dark'
    button.title = `Show the page ${isDark() ? 'light' : 'dark'}`
    onChange()
  }
  const stored = localStorage.getItem(KEY)
  if (stored === 'dark' || stored === 'light') root.dataset['theme'] = stored
  button.addEventListener('click', () => {
    root.dataset['theme'] = isDark() ? 'light' : 'dark'
    localStorage.setItem(KEY, root.dataset['theme'])
    show()
  })
  system.addEventListener('change', show)
  show()
}
