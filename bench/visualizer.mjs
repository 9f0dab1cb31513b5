/**
 * `bench visualizer`: the page of the inspector with 10,000 actors and 100,000 records in a real browser: milliseconds from
 * a deed to the picture that shows it.
 */
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { buildPageIfStale } from '../scripts/build-visualizer.mjs'
import { largeTrace } from './lib/large-trace.mjs'

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const quantile = (values, part) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]

/** Milliseconds of a deed in the page, until the picture after it has been drawn. */
const inPage = (page, deed, value) =>
  page.evaluate(`(async () => {
    const drawn = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
    const value = ${JSON.stringify(value)}
    await drawn()
    const began = performance.now()
    ;{ ${deed} }
    await drawn()
    return performance.now() - began
  })()`)

const scrollIn = selector =>
  `const box = document.querySelector('${selector}'); box.scrollTo(0, value * (box.scrollHeight - box.clientHeight))`
const type =
  "const field = document.querySelector('#search'); field.value = value; field.dispatchEvent(new Event('input', { bubbles: true }))"
const chip = "[...document.querySelectorAll('.chips .chip')].find(one => one.textContent === value).click()"

export const run = async ({ rounds = 5, subjects }, report) => {
  if (subjects && !subjects.includes('sipactor')) return
  const executablePath = process.env.SIPACTOR_CHROMIUM ?? browsers.find(path => existsSync(path))
  if (!executablePath) return report.miss('visualizer', 'sipactor', 'needs chromium')
  const problem = await buildPageIfStale()
  if (problem) return report.fail('visualizer', 'sipactor', problem)
  const { formatTrace, parseTrace } = await import('../dist/src/inspect/index.js')
  const { serveTrace } = await import('../dist/src/inspect-node/index.js')
  const [actors, records] = [10_000, 100_000]
  report.say(`visualizer: ${actors} actors, ${records} records …`)
  const { parse } = await import('../dist/src/message/index.js')
  const trace = parseTrace(formatTrace(largeTrace(actors, records, parse), { engine: 'crowd' }))
  const inspector = await serveTrace(trace)
  const browser = await chromium.launch({ executablePath, args: quiet })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(60_000)
    const began = performance.now()
    await page.goto(inspector.url)
    await page.locator('.flow-section', { hasText: (actors / 2).toLocaleString('en') }).waitFor()
    await page.getByText(`${records.toLocaleString('en')} of`).waitFor()
    report.add('visualizer.load', 'sipactor', performance.now() - began, 'ms', 'until all of it is shown')

    const measure = async (name, deeds) => {
      const values = []
      for (let round = 0; round < rounds; round += 1)
        for (const [deed, value] of deeds) values.push(await inPage(page, deed, value ?? null))
      for (const [suffix, part] of [
        ['p50', 0.5],
        ['p95', 0.95],
      ])
        report.add(`visualizer.${name}.${suffix}`, 'sipactor', quantile(values, part), 'ms')
    }
    const places = [0.1, 0.9, 0.2, 0.7, 0.35, 0.5, 1, 0]
    await measure(
      'flows.scroll',
      places.map(part => [scrollIn('.flows'), part]),
    )
    await measure('flows.filter', [
      [chip, 'live'],
      [chip, 'live'],
      [chip, 'INVITE'],
      [chip, 'INVITE'],
    ])
    await measure(
      'flows.search',
      ['us', 'use', 'user49', 'user4999', ''].map(text => [type, text]),
    )
    await page.keyboard.press('l')
    await page.keyboard.press('a')
    await page.getByText(`${actors.toLocaleString('en')} actors`).waitFor()
    // Groups of thousands are folded at first.
    for (let folded; (folded = await page.locator('.actors-row[aria-expanded=false]').count()) > 0; )
      await page
        .locator('.actors-row[aria-expanded=false] .actors-fold')
        .nth(folded - 1)
        .click()
    await measure(
      'actors.scroll',
      places.map(part => [scrollIn('.actors-pane'), part]),
    )
    const stuck = 'document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true }))'
    await measure('actors.stuck', [[stuck], [stuck]])
    const rows = await page.locator('.flow, .finding, .row, .actors-row').count()
    report.add('visualizer.rows', 'sipactor', rows, '', 'in the page at the end')
  } finally {
    await browser.close()
    await inspector.close()
  }
}
