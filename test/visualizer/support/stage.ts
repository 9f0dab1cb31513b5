/** The components in a real browser: built as the page is, on an empty page without any server. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Path of a browser; without one these tests cannot run. */
export const browserPath = process.env.SIPACTOR_CHROMIUM ?? browsers.find(path => existsSync(path))

export const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const workspace = fileURLToPath(new URL('../../../visualizer/', import.meta.url))

const built = async (): Promise<{ readonly script: string; readonly style: string }> => {
  const result = await build({
    root: workspace,
    configFile: false,
    logLevel: 'silent',
    publicDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: {
        entry: `${workspace}dev/stage.tsx`,
        formats: ['iife'],
        name: 'stagePage',
        fileName: () => 'stage.js',
      },
    },
  })
  const [one] = [result].flat()
  if (!one || !('output' in one)) throw new Error('vite built nothing')
  const parts = { script: '', style: '' }
  for (const item of one.output) {
    if (item.type === 'chunk') parts.script += item.code
    else if (item.fileName.endsWith('.css')) parts.style += String(item.source)
  }
  return parts
}

export interface Opened {
  readonly page: Page
  /** Errors and warnings of the page, and requests that it made. */
  readonly noise: string[]
  close(): Promise<void>
}

/** Opens the stage. */
export const openStage = async (): Promise<Opened> => {
  const [{ script, style }, browser] = await Promise.all([
    built(),
    chromium.launch({ executablePath: browserPath!, args: quiet }) as Promise<Browser>,
  ])
  const page = await browser.newPage({ viewport: { width: 408, height: 800 } })
  const noise: string[] = []
  page.on('pageerror', error => noise.push(String(error)))
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) noise.push(message.text())
  })
  page.on('request', request => noise.push(request.url()))
  await page.setContent(
    `<!doctype html><html lang="en" data-theme="dark"><style>${style}</style><body style="overflow:auto"><div id="app" style="height:800px"></div></body></html>`,
  )
  await page.addScriptTag({ content: script })
  return { page, noise, close: () => browser.close() }
}
