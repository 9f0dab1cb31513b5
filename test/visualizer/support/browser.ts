/** The inspector as users get it: the page as it is built, served for engines, in a real browser that reaches nothing else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { build } from 'vite'
import { onTestFinished } from 'vitest'
import type { Sip } from '../../../src/index.ts'
import { type Inspector, serverLimits, serveSources } from '../../../src/inspect-node/serve.ts'
import { liveSource } from '../../../src/inspect-node/source.ts'
import { pathOf } from '../../interop/support/installed.ts'
import { quiet } from './stage.ts'

const workspace = fileURLToPath(new URL('../../../visualizer/', import.meta.url))

export interface Opened {
  readonly page: Page
  /** Errors and warnings of the page. */
  readonly noise: string[]
  /** Addresses that it asked for, WebSockets among them. */
  readonly asked: string[]
}

export interface OpenOptions {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'dark' | 'light'
}

/** Builds the page and starts a browser; `close` when the file is over. */
export const startBrowser = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-watch-'))
  const built = join(folder, 'page')
  const [browser] = await Promise.all([
    chromium.launch({ executablePath: pathOf('chromium')!, args: quiet }) as Promise<Browser>,
    build({
      configFile: join(workspace, 'vite.config.ts'),
      logLevel: 'silent',
      build: { outDir: built, emptyOutDir: true },
    }),
  ])
  return {
    folder,
    /** Serves the inspector for engines, as `serveInspector` does, with the page that was just built. */
    async serve(sips: Readonly<Record<string, Sip>>, ring = 100_000): Promise<Inspector> {
      const sources = Object.entries(sips).map(([name, sip]) => liveSource(name, sip, ring, true))
      const inspector = await serveSources(sources, {}, serverLimits, built)
      onTestFinished(() => inspector.close())
      return inspector
    },
    /** Opens an address in a browser whose network is cut off but for that address's origin. */
    async open(
      url: string,
      { width = 1280, height = 800, theme = 'dark' }: OpenOptions = {},
    ): Promise<Opened> {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        acceptDownloads: true,
        reducedMotion: 'reduce',
      })
      onTestFinished(() => context.close())
      const { host } = new URL(url)
      const asked: string[] = []
      const noise: string[] = []
      await context.route('**/*', route => {
        const to = new URL(route.request().url())
        return to.host === host ? route.continue() : route.abort()
      })
      const page = await context.newPage()
      page.setDefaultTimeout(8_000)
      page.on('request', request => asked.push(request.url()))
      page.on('websocket', socket => asked.push(socket.url()))
      page.on('pageerror', error => noise.push(String(error)))
      page.on('console', message => {
        if (['error', 'warning'].includes(message.type())) noise.push(message.text())
      })
      await page.goto(url)
      return { page, noise, asked }
    },
    async close(): Promise<void> {
      await browser.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type Watcher = Awaited<ReturnType<typeof startBrowser>>

/** Texts of elements, in order. */
export const textsOf = (found: Locator): Promise<string[]> =>
  found.evaluateAll(all => all.map(({ textContent }) => (textContent ?? '').trim()))

/** What the arrows of the ladder say, repetitions folded. */
export const arrowsOf = (page: Page): Promise<string[]> => textsOf(page.locator('.ladder .row .label'))

/** Takes the open flow away, or everything, in a format: the path of the file. */
export const takeAway = async (page: Page, format: string, everything = false): Promise<string> => {
  await page.keyboard.press('e')
  await page.getByRole('button', { name: everything ? 'Everything' : 'This flow' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator(`[data-format=${format}]`).click(),
  ])
  return (await download.path())!
}

/** Rows of lists that are in the page. */
export const rowsIn = (page: Page): Promise<number> =>
  page.locator('.flow, .flow-section, .finding, .row, .silence, .actors-row').count()

/** Every actor of the tree with its state, as `id state`, in order of the ids; everything is unfolded. */
export const treeIn = async (page: Page): Promise<string[]> => {
  await page.locator('.actors-row').first().waitFor()
  for (let folded = page.locator('.actors-row[aria-expanded=false]'); (await folded.count()) > 0; )
    await folded.first().locator('.actors-fold').click()
  const shown = await page.locator('.actors-row').evaluateAll(rows =>
    rows.flatMap(row => {
      const id = row.querySelector('.actors-name .actors-mono')?.textContent
      return id ? [`${id} ${row.querySelector('.actors-chip')?.getAttribute('title')}`] : []
    }),
  )
  return shown.sort()
}
