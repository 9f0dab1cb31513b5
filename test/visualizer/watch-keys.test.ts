/** The page by keyboard alone, and what everyone must be able to see and hear of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { against } from '../interop/support/installed.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { arrowsOf, startBrowser, type Watcher } from './support/browser.ts'

const workspace = join(import.meta.dirname, '../../visualizer')
const office = join(workspace, 'test/traces/office.jsonl')

/** Relative luminance of `#rrggbb`, WCAG 2. */
const luminance = (colour: string): number => {
  const [r, g, b] = [1, 3, 5].map(at => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
const contrast = (one: string, other: string): number => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high! + 0.05) / (low! + 0.05)
}

describe('colours', () => {
  const css = readFileSync(join(workspace, 'src/theme/tokens.css'), 'utf8')
  const [dark, light] = [/:root \{([^}]*)\}/, /\[data-theme="light"\] \{([^}]*)\}/].map(pattern =>
    Object.fromEntries(
      [...pattern.exec(css)![1]!.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    ),
  )
  it.each([
    ['dark', dark],
    ['light', light],
  ])('of text are 4.5:1 on every ground in the %s theme, and edges 3:1', (_name, tokens) => {
    const pale: string[] = []
    for (const ground of ['bg', 'surface', 'raised', 'sel', 'band']) {
      for (const ink of ['ink', 'ink-2', 'ink-3', 'req', 'prov', 'ok', 'fail', 'rtx', 'live', 'timer'])
        if (contrast(tokens![ink]!, tokens![ground]!) < 4.5) pale.push(`${ink} on ${ground}`)
      if (ground !== 'sel' && contrast(tokens!.edge!, tokens![ground]!) < 3) pale.push(`edge on ${ground}`)
    }
    expect(pale).toEqual([])
  })
})

/** What a reader of the page cannot use: controls without a name, small letters. */
const faultsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = []
    const tell = (element: Element) =>
      `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} ${element.textContent?.slice(0, 30)}`
    const controls =
      'button, a[href], input, select, textarea, [tabindex], [role=button], [role=option], [role=tab], [role=slider], [role=menuitem], [role=treeitem]'
    const isSeen = (element: Element) => element.getClientRects().length > 0
    for (const element of [...document.querySelectorAll(controls)].filter(isSeen)) {
      const named = element.getAttribute('aria-labelledby')
      const name =
        element.getAttribute('aria-label') ??
        (named ? document.getElementById(named)?.textContent : undefined) ??
        (element instanceof HTMLInputElement
          ? [...(element.labels ?? [])].map(l => l.textContent).join('')
          : '')
      const text = (name || element.textContent || element.getAttribute('title') || '').trim()
      if (text === '' && !(element instanceof HTMLElement && element.tabIndex < 0))
        faults.push(`no name: ${tell(element)}`)
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement!
      if (!node.textContent?.trim() || !isSeen(parent) || parent.closest('script, style')) continue
      const size = Number.parseFloat(getComputedStyle(parent).fontSize)
      // A chart is scaled to its pane, and can be made larger.
      if (size < 10 && !parent.closest('.chart')) faults.push(`${size} px: ${tell(parent)}`)
    }
    return faults
  })

against(['chromium'], 'the inspector by keyboard', () => {
  let watcher: Watcher
  beforeAll(async () => {
    watcher = await startBrowser()
  }, 60_000)
  afterAll(() => watcher?.close())

  const shown = async (width = 1280, theme: 'dark' | 'light' = 'dark') => {
    const world = createWorld()
    onTestFinished(() => world.end())
    const alice = await world.party('192.0.2.1')
    const bob = await world.party('192.0.2.2')
    bob.connection.calls$.subscribe(call => {
      call.ring()
      call.accept(sdp('192.0.2.2')).catch(() => undefined)
    })
    const inspector = await watcher.serve({ alice: alice.sip })
    const opened = await watcher.open(inspector.url, { width, height: 800, theme })
    return { world, alice, bob, ...opened }
  }

  it('goes from flow to arrow, tabs, diff, first failure, live, export and theme without a mouse', async () => {
    const { page, world, alice, noise } = await shown()
    const press = (...keys: string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
    const label = () => page.locator('.ladder .row.sel').getAttribute('aria-label')
    const focusName = () =>
      page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent,
      )
    const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await world.run(500)
    void call.hangUp()
    await world.run(500)
    alice.connection.invite('sip:nobody@192.0.2.9', { offer: sdp('192.0.2.1') })
    await world.run(40_000)
    await page.locator('.flow').nth(1).waitFor()

    // Tab alone reaches the list of flows, and everything that it meets on the way shows that it has the focus.
    let met = 0
    for (; met < 40; met += 1) {
      await press('Tab')
      const focus = await page.evaluate(() => {
        const one = document.activeElement!
        const around = one.closest('.search')
        const ring = getComputedStyle(document.querySelector('.c-req, .dim')!).getPropertyValue('--req')
        const probe = document.body.appendChild(document.createElement('i'))
        probe.style.color = ring
        const blue = getComputedStyle(probe).color
        probe.remove()
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one)
        return {
          flow: one.classList.contains('flow'),
          seen: around
            ? getComputedStyle(around).borderColor === blue
            : outlineStyle === 'solid' && outlineWidth === '2px' && outlineColor === blue,
        }
      })
      expect(focus.seen).toBe(true)
      if (focus.flow) break
    }
    expect(met).toBeLessThan(20)
    await press('ArrowDown')
    await page.locator('.flow[aria-selected=true]', { hasText: 'bob' }).waitFor()
    await press('Escape', '[', ']')
    await page.locator('.flow[aria-selected=true]', { hasText: 'bob' }).waitFor()

    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await press('ArrowDown', 'ArrowDown')
    expect(await label()).toMatch(/200 OK/)
    await press('ArrowUp')
    expect(await label()).toMatch(/180 Ringing/)
    for (const [key, tab] of [
      ['2', 'Machine'],
      ['3', 'Why'],
      ['4', 'Actor'],
      ['1', 'Message'],
    ] as const) {
      await press(key)
      await page.locator('[role=tab][aria-selected=true]', { hasText: tab }).waitFor()
      expect(await faultsOf(page)).toEqual([])
    }
    await press('ArrowDown', 'd')
    await page.locator('.tab-bar [aria-pressed=true]', { hasText: 'Diff' }).waitFor()
    await press('d', 'f')
    await page.locator('.flow[aria-selected=true]', { hasText: 'nobody' }).waitFor()
    await press('j')
    await page.locator('.ladder.travel').waitFor()
    await press('l')
    await page.locator('.ladder:not(.travel)').waitFor()

    await press('e')
    await expect.poll(focusName).toMatch(/^pcap/)
    await press('ArrowDown')
    expect(await focusName()).toMatch(/^Trace/)
    expect(await faultsOf(page)).toEqual([])
    const [download] = await Promise.all([page.waitForEvent('download'), press('Enter')])
    expect(download.suggestedFilename()).toMatch(/\.jsonl$/)
    await press('e', 'Escape')
    expect(await page.locator('.menu').count()).toBe(0)

    await press('t')
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light')
    await press('/')
    await page.keyboard.type('nobody')
    await expect.poll(() => page.locator('.flow').count()).toBe(1)
    await page.keyboard.press('Control+A')
    await press('Delete', 'Escape', '?')
    await page.locator('dialog.keys[open]').waitFor()
    expect(await faultsOf(page)).toEqual([])
    await press('Escape')
    await page.locator('dialog.keys:not([open])').waitFor({ state: 'attached' })
    await press('a')
    await page.locator('.actors').waitFor()
    expect(await faultsOf(page)).toEqual([])
    await press('a')
    await page.locator('.ladder').waitFor()
    expect((await arrowsOf(page)).length).toBeGreaterThan(0)
    expect(noise).toEqual([])
  })

  it.each([
    [1280, 'dark'],
    [1280, 'light'],
    [420, 'dark'],
    [420, 'light'],
  ] as const)(
    'has a name for every control, no letter under 10 px and no cut page at %i px, %s',
    async (width, theme) => {
      const { page, noise } = await shown(width, theme)
      await page.setInputFiles('input[type=file]', office)
      await page.locator('.top', { hasText: 'sipactor' }).waitFor()
      await page.locator('.ladder .row').first().waitFor()
      for (const key of ['1', '2', '3', '4', 'd']) {
        await page.keyboard.press(key)
        expect([key, await faultsOf(page)]).toEqual([key, []])
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect([key, over]).toEqual([key, 0])
      }
      await page.keyboard.press('a')
      await page.locator('.actors').waitFor()
      expect(await faultsOf(page)).toEqual([])
      expect(noise).toEqual([])
    },
  )
})
