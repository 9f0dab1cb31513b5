/** Ten thousand actors and a hundred thousand records: no more than 200 rows are in the page, whatever one does. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { largeTrace } from '../../bench/lib/large-trace.mjs'
import { formatTrace } from '../../src/inspect/index.ts'
import { parse } from '../../src/message/index.ts'
import { against } from '../interop/support/installed.ts'
import { createWorld } from '../support/world.ts'
import { rowsIn, startBrowser, type Watcher } from './support/browser.ts'

against(['chromium'], 'a crowd in the inspector', () => {
  let watcher: Watcher
  beforeAll(async () => {
    watcher = await startBrowser()
  }, 60_000)
  afterAll(() => watcher?.close())

  it('has at most 200 rows at any time, while one scrolls, searches and filters', async () => {
    const world = createWorld()
    const alice = await world.party('192.0.2.1')
    const inspector = await watcher.serve({ alice: alice.sip })
    const { page, noise } = await watcher.open(inspector.url)
    // Counted after every change of the page, not only when it rests.
    await page.evaluate(() => {
      const rows = '.flow, .flow-section, .finding, .row, .silence, .actors-row'
      const seen = { most: 0, looks: 0 }
      Object.assign(window, { seen })
      new MutationObserver(() => {
        seen.most = Math.max(seen.most, document.querySelectorAll(rows).length)
        seen.looks += 1
      }).observe(document.body, { childList: true, subtree: true })
    })
    await page.setInputFiles('input[type=file]', {
      name: 'crowd.jsonl',
      mimeType: 'text/plain',
      buffer: Buffer.from(formatTrace(largeTrace(10_000, 100_000, parse), { engine: 'crowd' })),
    })
    await page.getByText('100,000 records').waitFor({ timeout: 30_000 })
    await page.locator('.flow-section', { hasText: '5,000' }).waitFor({ timeout: 20_000 })

    const list = page.locator('.flows')
    for (const part of [0.1, 0.5, 0.9, 1, 0.3, 0]) {
      await list.evaluate((box, at) => box.scrollTo(0, at * box.scrollHeight), part)
      await page.evaluate(() => new Promise(requestAnimationFrame))
    }
    await page.keyboard.press('/')
    await page.keyboard.type('user4999')
    await page.locator('.flow-section', { hasText: '1 of 5,000' }).waitFor()
    expect(await page.locator('.flow').count()).toBe(1)
    await page.locator('#search').fill('')
    await page.locator('.flow-section', { hasText: /^Calls5,000$/ }).waitFor()
    await page.locator('.chip', { hasText: 'failed' }).click()
    await page.getByText('No flow matches').waitFor()
    await page.getByRole('button', { name: 'Clear filters' }).click()

    await page.keyboard.press('Escape')
    // A file is opened at its beginning.
    await page.keyboard.press('l')
    await page.keyboard.press('a')
    await page.getByText('10,000 actors').waitFor()
    const tree = page.locator('.actors-pane')
    await page.locator('.actors-foot', { hasText: 'of ' }).waitFor()
    for (const part of [0.2, 0.7, 1, 0]) {
      await tree.evaluate((box, at) => box.scrollTo(0, at * box.scrollHeight), part)
      await page.evaluate(() => new Promise(requestAnimationFrame))
    }
    await page.keyboard.press('s')
    await page.locator('.actors-foot', { hasText: /of \d+,\d{3}/ }).waitFor()
    await tree.evaluate(box => box.scrollTo(0, box.scrollHeight))
    await page.evaluate(() => new Promise(requestAnimationFrame))
    expect(await rowsIn(page)).toBeGreaterThan(20)
    const seen = await page.evaluate(
      () => (window as unknown as { seen: { most: number; looks: number } }).seen,
    )
    expect(seen.looks).toBeGreaterThan(12)
    expect(seen.most).toBeGreaterThan(20)
    expect(seen.most).toBeLessThanOrEqual(200)
    expect(noise).toEqual([])
    await world.end()
  })
})
