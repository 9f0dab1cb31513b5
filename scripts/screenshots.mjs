/**
 * `node scripts/screenshots.mjs [--all FOLDER]`: pictures of the inspector from a recorded trace, as the README shows them
 * (docs/inspector-dark.png, -light.png); with `--all` every view, wide and narrow, in both themes, into a folder.
 * Needs chromium.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { crc32, deflateSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { buildIfStale } from './build-if-stale.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const office = join(root, 'visualizer/test/traces/office.jsonl')
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

/** What is pressed before each picture, and what is waited for. */
const views = {
  message: { keys: ['1'], sight: 'pre.raw' },
  machine: { keys: ['2'], sight: '.chart' },
  why: { keys: ['3'], sight: '.steps' },
  actor: { keys: ['4'], sight: '.facts' },
  parsed: { keys: ['1'], click: '.tab-bar button:nth-child(2)', sight: '.tab-bar' },
  diff: { keys: ['d'], sight: '.tab-bar' },
  export: { keys: ['e'], sight: '.menu' },
  keys: { keys: ['?'], sight: 'dialog[open]' },
  failure: { keys: ['f'], sight: '.ladder.travel, .ladder' },
  actors: { keys: ['l', 'a'], sight: '.actors-row' },
}

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(body.length + 8)
  frame.writeUInt32BE(data.length)
  body.copy(frame, 4)
  frame.writeUInt32BE(crc32(body), body.length + 4)
  return frame
}

/** The same picture of its 256 commonest colours, each other one the nearest of them: less than half the bytes. */
const fewColours = async (page, png) => {
  // An empty page: the policy of the inspector's own allows no such image.
  await page.goto('about:blank')
  const { width, height, palette, pixels } = await page.evaluate(
    async source => {
      const image = new Image()
      image.src = source
      await image.decode()
      const canvas = new OffscreenCanvas(image.width, image.height)
      const context = canvas.getContext('2d')
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, image.width, image.height)
      const counts = new Map()
      const colours = new Uint32Array(image.width * image.height)
      for (let at = 0; at < colours.length; at += 1) {
        const colour = (data[4 * at] << 16) | (data[4 * at + 1] << 8) | data[4 * at + 2]
        colours[at] = colour
        counts.set(colour, (counts.get(colour) ?? 0) + 1)
      }
      const palette = [...counts]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 256)
        .map(([colour]) => colour)
      const far = (a, b) =>
        ((a >> 16) - (b >> 16)) ** 2 +
        (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 +
        ((a & 255) - (b & 255)) ** 2
      const places = new Map()
      for (const colour of counts.keys()) {
        let best = 0
        for (let at = 1; at < palette.length; at += 1)
          if (far(colour, palette[at]) < far(colour, palette[best])) best = at
        places.set(colour, best)
      }
      let pixels = ''
      for (const colour of colours) pixels += String.fromCharCode(places.get(colour))
      return { width: image.width, height: image.height, palette, pixels: btoa(pixels) }
    },
    `data:image/png;base64,${png.toString('base64')}`,
  )
  const flat = Buffer.from(pixels, 'base64')
  const lines = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y += 1) flat.copy(lines, y * (width + 1) + 1, y * width, (y + 1) * width)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  // Eight bits, a palette.
  head.set([8, 3], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flatMap(colour => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const settled = page =>
  page.evaluate(
    () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  )

/** A page at the flow with repeats, glare and a hold; at its second INVITE that is refused by 491. */
const opened = async (browser, url, { width, height, theme }) => {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('.flow').first().waitFor({ state: 'attached' })
  if (width <= 1100) await page.locator('.flow-bar').click()
  await page.locator('.flow', { hasText: 'alice → bob' }).first().click()
  await page.locator('.ladder .row', { hasText: '491' }).first().click()
  await settled(page)
  return page
}

const show = async (page, { keys, click, sight }) => {
  for (const key of keys) await page.keyboard.press(key)
  if (click) await page.locator(click).click()
  await page.locator(sight).first().waitFor()
  await settled(page)
}

const { values } = parseArgs({ options: { all: { type: 'string' } } })
const executablePath = process.env.SIPACTOR_CHROMIUM ?? browsers.find(path => existsSync(path))
const problem = executablePath ? await buildIfStale() : 'chromium is not installed'
if (problem) {
  console.error(`screenshots: ${problem}`)
  process.exitCode = 2
} else {
  const { parseTrace } = await import('../dist/src/inspect/index.js')
  const { serveTrace } = await import('../dist/src/inspect-node/index.js')
  const inspector = await serveTrace(parseTrace(readFileSync(office, 'utf8')))
  const browser = await chromium.launch({ executablePath, args: quiet })
  try {
    const themes = ['dark', 'light']
    if (values.all === undefined) {
      for (const theme of themes) {
        const page = await opened(browser, inspector.url, { width: 1280, height: 800, theme })
        await show(page, views.machine)
        await page.locator('.ladder').evaluate(pane => pane.scrollTo(0, 0))
        await settled(page)
        const picture = await page.screenshot()
        writeFileSync(join(root, `docs/inspector-${theme}.png`), await fewColours(page, picture))
        console.log(`docs/inspector-${theme}.png`)
      }
    } else {
      mkdirSync(values.all, { recursive: true })
      for (const theme of themes)
        for (const [width, height] of [
          [1280, 800],
          [420, 1400],
        ])
          for (const [name, view] of Object.entries(views)) {
            const page = await opened(browser, inspector.url, { width, height, theme })
            await show(page, view)
            const path = join(values.all, `${name}-${width}-${theme}.png`)
            await page.screenshot({ path })
            await page.context().close()
            console.log(path)
          }
    }
  } finally {
    await browser.close()
    await inspector.close()
  }
}
