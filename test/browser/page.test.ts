import { describe, expect, it, onTestFinished } from 'vitest'
import type { Page } from 'playwright-core'
import { query, useWorkspace, type Settings } from '../e2e/workspace.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import { statusUrl } from '../support/status.ts'
import { noBrowser, screenshot, useBrowser } from './browser.ts'

const HTTP = { port: 0 }

const rows = (page: Page) => page.locator('#matches tr')

describe.skipIf(noBrowser !== undefined)('the status page', () => {
  const workspace = useWorkspace()
  const { open } = useBrowser()

  async function start(settings: Settings = {}) {
    workspace.file('bad.txt', 'evil.example.com\nworse.example.com\n')
    workspace.config({ http: HTTP, ...settings })
    const writer = workspace.alerts()
    const daemon = workspace.start()
    const url = `${await statusUrl(daemon)}/`
    await daemon.logged('Tripline is running')
    return { writer, daemon, url }
  }

  it('shows a match as it comes, and its whole record by keyboard', async () => {
    const { writer, daemon, url } = await start()
    const { page, requests, errors } = await open(url)
    await page.getByText('all is well').waitFor()
    await expect.poll(() => page.locator('#matches-count').textContent()).toBe('0 matches')
    writer.line(query(1, 'www.evil.example.com'))
    writer.flush()
    const match = page.getByRole('button', { name: 'www.evil.example.com' })
    await match.waitFor()
    await match.focus()
    await page.keyboard.press('Enter')
    const record = page.getByRole('dialog', { name: 'Match' })
    await record.getByText('"schema": "tripline.match/1"').waitFor()
    expect(await record.textContent()).toContain('"full_alert": {')
    await screenshot(page, 'record')
    await page.keyboard.press('Escape')
    await record.waitFor({ state: 'hidden' })
    expect(await page.locator(':focus').textContent()).toBe('www.evil.example.com')
    await expect.poll(() => page.locator('#top-indicators').textContent()).toContain('www.evil.example.com')
    await expect.poll(() => page.locator('#rate-chart canvas').count()).toBe(1)
    await screenshot(page, 'light')
    expect(requests.filter((each) => !each.startsWith(url))).toEqual([])
    expect(errors).toEqual([])
    daemon.kill('SIGKILL')
    await page.getByRole('alert').getByText('Tripline does not answer').waitFor()
  })

  it('finds matches by the words of a filter, and waits while it is paused', async () => {
    const { writer, url } = await start()
    for (const [at, name] of ['evil.example.com', 'a.evil.example.com', 'worse.example.com'].entries())
      writer.line(query(at + 1, name))
    writer.flush()
    await workspace.matched(3)
    const { page } = await open(url)
    await expect.poll(() => rows(page).count()).toBe(3)
    await page.getByRole('searchbox', { name: 'Filter' }).fill('EVIL feeds')
    await expect.poll(() => rows(page).count()).toBe(2)
    expect(await page.locator('#matches-count').textContent()).toBe('2 of 3 matches')
    await page.getByRole('searchbox', { name: 'Filter' }).fill('')
    await page.getByRole('button', { name: 'Pause' }).click()
    writer.line(query(4, 'b.evil.example.com'))
    writer.flush()
    await expect.poll(() => page.locator('#matches-count').textContent()).toBe('3 matches; 1 new')
    expect(await rows(page).count()).toBe(3)
    await page.getByRole('button', { name: 'Pause' }).click()
    await expect.poll(() => rows(page).first().textContent()).toContain('b.evil.example.com')
  })

  it('looks values up at each provider, and shows one that is down', async () => {
    const misp = await startFakeMisp({
      events: [{ info: 'A campaign', attributes: [{ type: 'domain', value: 'evil.example.net' }] }],
    })
    onTestFinished(() => misp.close())
    const { url, writer } = await start({
      providers: {
        feeds: { type: 'feed', feeds: [{ path: workspace.path('bad.txt') }] },
        misp: {
          type: 'misp',
          url: misp.url,
          apiKey: misp.keys.user,
          retries: 0,
          breakerThreshold: 1,
          breakerTimeout: '1h',
          warningLists: false,
        },
      },
    })
    const { page } = await open(url)
    const answer = page.locator('#look-up-answer')
    const ask = async (value: string): Promise<void> => {
      await page.getByRole('textbox', { name: /Address, domain/ }).fill(value)
      await page.keyboard.press('Enter')
    }
    await ask('hxxp://evil[.]example[.]net/')
    await answer.getByText('misp: hit').waitFor()
    expect(await answer.textContent()).toContain('feeds: miss')
    expect(await answer.textContent()).toContain('A campaign')
    await screenshot(page, 'look-up')
    await ask('no value')
    await answer.getByText('This is no address').waitFor()
    await misp.stop()
    await ask('other.example.net')
    await answer.getByText('misp: unanswered').waitFor()
    const row = page.locator('#providers tr', { hasText: 'misp' })
    await row.getByText('open').waitFor()
    await row.getByText('degraded').waitFor()
    await expect.poll(() => page.locator('#components').textContent()).toContain('it cannot be asked')
    expect(await page.locator('#overall').textContent()).toBe('works with a reservation')
    await screenshot(page, 'provider-down')
    writer.flush()
  })

  it('takes the text of alerts for text', async () => {
    const { writer, url } = await start()
    const { page, errors } = await open(url)
    const evil = `<img src=x onerror="document.title='owned'"></td><script>document.title='owned'</script>{{7*7}}`
    const quoted = JSON.stringify(evil).slice(1, -1)
    const name = 'evil.example.com'
    writer.line(
      query(1, name)
        .replace(/"description":"[^"]*"/, `"description":"${quoted}"`)
        .replace(/"agent":\{[^}]*\}/, `"agent":{"id":"007","name":"${quoted}"}`),
    )
    writer.flush()
    await page.getByRole('button', { name }).waitFor()
    const text = await rows(page).first().textContent()
    expect(text?.split(evil)).toHaveLength(3)
    await expect.poll(() => page.locator('#top-agents').textContent()).toContain(evil)
    await page.getByRole('button', { name }).click()
    await page.getByRole('dialog').getByText('full_alert').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('searchbox', { name: 'Filter' }).fill('onerror')
    await expect.poll(() => rows(page).count()).toBe(1)
    await screenshot(page, 'hostile')
    expect(await page.locator('img, script:not([src])').count()).toBe(0)
    expect(await page.title()).toBe('Tripline')
    expect(errors).toEqual([])
  })

  it('may be dark, fits a phone, and is reached by keyboard', async () => {
    const { writer, url } = await start()
    writer.line(query(1, `${'long-'.repeat(11)}name.evil.example.com`))
    writer.flush()
    await workspace.matched(1)
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark', isMobile: true } as const
    const { page } = await open(url, phone)
    await expect.poll(() => rows(page).count()).toBe(1)
    const look = async () => ({
      back: await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'),
      wider: await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      ),
    })
    expect(await look()).toEqual({ back: 'rgb(21, 23, 26)', wider: 0 })
    await screenshot(page, 'phone-dark')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the matches')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Light')
    await page.keyboard.press('Enter')
    expect(await look()).toMatchObject({ back: 'rgb(247, 247, 245)' })
    await page.reload()
    expect(await look()).toMatchObject({ back: 'rgb(247, 247, 245)' })
    await page.setViewportSize({ width: 1200, height: 900 })
    await page.getByRole('button', { name: 'Dark' }).click()
    await screenshot(page, 'dark')
  })

  it('asks for the token, and is live with it', async () => {
    const token = 'a-token-of-some-length'
    const { writer, url } = await start({ http: { ...HTTP, token } })
    const refused = await open(url, { httpCredentials: { username: 'admin', password: 'wrong' } })
    expect(await refused.page.locator('#overall').count()).toBe(0)
    const { page, errors } = await open(url, { httpCredentials: { username: 'admin', password: token } })
    await page.getByText('all is well').waitFor()
    writer.line(query(1, 'evil.example.com'))
    writer.flush()
    await page.getByRole('button', { name: 'evil.example.com' }).waitFor()
    expect(errors).toEqual([])
  })
})
