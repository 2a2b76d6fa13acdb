import { existsSync, mkdirSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** Debian's: `apt-get install chromium`. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
/** Screenshots are kept here. */
const ARTEFACTS = '.cache/artefacts'

/** Why the tests cannot run here; undefined where they can. */
export const noBrowser = existsSync(CHROMIUM)
  ? undefined
  : `there is no ${CHROMIUM}: apt-get install chromium`
if (noBrowser !== undefined) process.stderr.write(`The tests of the status page are skipped: ${noBrowser}\n`)

/** What a page did behind the reader's back. */
export interface Watched {
  readonly page: Page
  /** Every URL that was asked for. */
  readonly requests: readonly string[]
  /** Errors of scripts, and what the content security policy refused. */
  readonly errors: readonly string[]
}

/** One browser for the tests of a file. */
export function useBrowser(): {
  readonly open: (url: string, options?: BrowserContextOptions) => Promise<Watched>
} {
  let browser: Browser | undefined
  beforeAll(async () => {
    mkdirSync(ARTEFACTS, { recursive: true })
    // No sandbox: CI runs as root, and what is opened is our own page.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser?.close())
  return {
    open: async (url, options = {}) => {
      const context = await browser?.newContext({ viewport: { width: 1200, height: 900 }, ...options })
      if (context === undefined) throw new Error('The browser is not open')
      onTestFinished(() => context.close())
      const page = await context.newPage()
      const requests: string[] = []
      const errors: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('console', (line) => {
        if (line.type() === 'error') errors.push(line.text())
      })
      await page.goto(url)
      return { page, requests, errors }
    },
  }
}

export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${ARTEFACTS}/status-page-${name}.png`, fullPage: true })
}
