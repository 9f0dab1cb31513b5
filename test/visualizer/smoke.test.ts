/** The page as it is built, in a real browser: it shows a live call of an engine, and takes it away as a page of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Frame, formatTrace, parseTrace } from '../../src/inspect/index.ts'
import { serverLimits, serveSources } from '../../src/inspect-node/serve.ts'
import { liveSource, recordedSource } from '../../src/inspect-node/source.ts'
import { isMalformed, parse } from '../../src/message/index.ts'
import { against, pathOf } from '../interop/support/installed.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { quiet } from './support/stage.ts'

const workspace = fileURLToPath(new URL('../../visualizer/', import.meta.url))
/** Labels of the arrows, as they stand. */
const arrows = (page: Page): Promise<string[]> =>
  page
    .locator('.ladder .row .label')
    .evaluateAll(labels => labels.map(({ textContent }) => textContent ?? ''))

/** A trace of so many OPTIONS, each a flow of its own. */
const many = (count: number): string => {
  const frames: Frame[] = []
  for (let at = 0; at < count; at += 1) {
    const text = `OPTIONS sip:user${at}@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK${at}\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:user${at}@192.0.2.2>\r\nCall-ID: many-${at}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
    const bytes = new TextEncoder().encode(text)
    const message = parse(bytes)
    if (isMalformed(message)) throw new Error(message.reason)
    frames.push({
      kind: 'message',
      seq: at + 1,
      t: at,
      direction: 'out',
      transport: 'UDP',
      local: { host: '192.0.2.1', port: 5060 },
      remote: { host: '192.0.2.2', port: 5060 },
      message,
      bytes,
    })
  }
  return formatTrace(frames)
}

against(['chromium'], 'the inspector in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-page-'))
  const built = join(folder, 'page')
  let browser: Browser

  beforeAll(async () => {
    await build({
      configFile: join(workspace, 'vite.config.ts'),
      logLevel: 'silent',
      build: { outDir: built, emptyOutDir: true },
    })
    browser = await chromium.launch({ executablePath: pathOf('chromium')!, args: quiet })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Opens an address; what the page complains of and whom it asks is kept. */
  const open = async (url: string, width = 1280, height = 800) => {
    const page = await browser.newPage({ viewport: { width, height }, acceptDownloads: true })
    page.setDefaultTimeout(8_000)
    onTestFinished(() => page.close())
    const noise: string[] = []
    const asked: string[] = []
    page.on('pageerror', error => noise.push(String(error)))
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') noise.push(message.text())
    })
    page.on('request', request => asked.push(request.url()))
    await page.goto(url)
    return { page, noise, asked }
  }

  /** Two engines in virtual time; alice's is watched. */
  const watched = async (keep = 100_000) => {
    const world = createWorld()
    const alice = await world.party('192.0.2.1')
    const bob = await world.party('192.0.2.2')
    bob.connection.calls$.subscribe(call => {
      call.ring()
      call.accept(sdp('192.0.2.2')).catch(() => undefined)
    })
    const inspector = await serveSources(
      [liveSource('alice', alice.sip, keep, true)],
      {},
      serverLimits,
      built,
    )
    let over: Promise<void> | undefined
    const end = () => (over ??= inspector.close().then(() => world.end()))
    onTestFinished(end)
    return { world, alice, inspector, end }
  }

  it('shows a call as it happens, and the machine behind every arrow', async () => {
    const { world, alice, inspector } = await watched()
    const { page, noise, asked } = await open(inspector.url)
    await page.locator('.top .dot.c-live').waitFor()
    await page.getByText('No flow yet').waitFor()
    const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await world.run(500)
    await page.locator('.ladder .label', { hasText: 'ACK' }).waitFor()
    expect(await arrows(page)).toEqual(['INVITE', '180 Ringing', '200 OK', 'ACK'])
    void call.hangUp()
    await world.run(500)
    await page.locator('.ladder .label', { hasText: 'BYE' }).waitFor()

    // What is selected stays when more comes.
    await page.locator('.ladder .row').first().click()
    expect(await page.locator('.raw-first').textContent()).toMatch(/^INVITE sip:bob@192\.0\.2\.2/)
    const second = alice.connection.request({ method: 'OPTIONS', uri: 'sip:bob@192.0.2.2' })
    await world.run(100)
    await second.response()
    await page.locator('.flow', { hasText: 'OPTIONS' }).waitFor()
    expect(await page.locator('.ladder .row.sel').getAttribute('aria-label')).toMatch(/sent INVITE/)

    await page.keyboard.press('2')
    await page.locator('.chart').first().waitFor()
    expect(await page.locator('.machines [aria-pressed=true]').textContent()).toBe('inviteClient')
    await page.keyboard.press('3')
    await page.locator('.steps').waitFor()
    expect(await page.locator('.tab-note').textContent()).toBe(
      "Set off by a resolver's answer: resolver.located.",
    )

    // What an actor remembers is asked of the engine, where somebody wants to see it.
    await page.keyboard.press('4')
    await page.getByRole('button', { name: 'Ask the engine' }).click()
    await page.locator('pre.context', { hasText: '"timers"' }).waitFor()
    await page.keyboard.press('a')
    await page.locator('.actors').waitFor()
    expect(noise).toEqual([])
    expect(asked.filter(url => !url.startsWith(inspector.url))).toEqual([])
  })

  it('keeps what came when the engine has gone, and says so', async () => {
    const { world, alice, inspector, end } = await watched()
    const { page } = await open(inspector.url)
    void alice.connection.request({ method: 'OPTIONS', uri: 'sip:bob@192.0.2.2' })
    await world.run(100)
    await page.locator('.flow').first().waitFor()
    await end()
    await page.getByText(/Engine gone for \d+ s\./).waitFor()
    expect(await page.locator('.flow').count()).toBe(1)
    expect(await arrows(page)).toEqual(['OPTIONS', '200 OK'])
  })

  it('says of a served trace that it is recorded, and asks nobody', async () => {
    const text = readFileSync(join(workspace, 'test/traces/office.jsonl'), 'utf8')
    const inspector = await serveSources(
      [recordedSource('office', parseTrace(text), true)],
      {},
      serverLimits,
      built,
    )
    onTestFinished(() => inspector.close())
    const { page } = await open(inspector.url)
    await page.locator('.flow').first().waitFor()
    await page.locator('.top', { hasText: 'Recorded' }).waitFor()
    expect(await page.locator('.top', { hasText: 'Live' }).count()).toBe(0)
    await page.locator('.ladder .row').first().click()
    await page.keyboard.press('4')
    await page.locator('.facts').first().waitFor()
    expect(await page.getByRole('button', { name: 'Ask the engine' }).count()).toBe(0)
    await page.keyboard.press('2')
    await page.locator('.chart').first().waitFor()
    expect(await page.locator('.chart-now').textContent()).not.toMatch(/ago/)

    // Where the header has no room for it, the drawer says it, and opens files.
    await page.setViewportSize({ width: 420, height: 800 })
    await page.locator('.flow-bar').click()
    await page.locator('.drawer-source', { hasText: 'Recorded' }).waitFor()
    await page.getByRole('button', { name: 'Open', exact: true }).waitFor()
  })

  it('shows nothing but one sentence to who comes with a wrong token', async () => {
    const { inspector, alice } = await watched(0)
    const { page } = await open(inspector.url)
    await page.locator('.top .dot.c-live').waitFor()
    await inspector.close()
    const port = Number(new URL(inspector.url).port)
    const other = await serveSources([liveSource('other', alice.sip, 0, true)], { port }, serverLimits, built)
    onTestFinished(() => other.close())
    await page.getByText('This address does not open the inspector').waitFor()
    expect(await page.locator('.top').count()).toBe(0)
  })

  it('takes the trace away as one file that shows it without any network, secrets hidden', async () => {
    const { world, inspector } = await watched()
    const trace = readFileSync(join(workspace, 'test/traces/office.jsonl'), 'utf8')
    const { page } = await open(inspector.url)
    await page.setInputFiles('input[type=file]', {
      name: 'office.jsonl',
      mimeType: 'text/plain',
      buffer: Buffer.from(trace),
    })
    await page.locator('.flow', { hasText: 'cancelled' }).click()
    await page.keyboard.press('e')
    await page.getByRole('button', { name: 'Everything' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('[data-format=html]').click(),
    ])
    const file = join(folder, 'export.html')
    await download.saveAs(file)
    await world.run(1)

    const alone = await open(pathToFileURL(file).href, 420, 900)
    await alone.page.locator('.flow-bar').click()
    await alone.page.locator('.flow', { hasText: 'cancelled' }).click()
    expect(await arrows(alone.page)).toContain('487 Request Terminated')
    expect(alone.noise).toEqual([])
    expect(alone.asked).toEqual([pathToFileURL(file).href])
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('sipactor-trace')
    writeFileSync(file, '')
  })

  it('shows who comes late the present state, and what follows', async () => {
    const { world, alice, inspector } = await watched(0)
    const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await world.run(500)
    const { page } = await open(inspector.url)
    await page.locator('.flow', { hasText: 'confirmed' }).waitFor()
    await page.keyboard.press('a')
    await page.locator('.actors-row', { hasText: 'outgoingCall' }).waitFor()
    expect(await page.locator('.actors-row', { hasText: 'dialog' }).count()).toBe(1)
    await page.keyboard.press('a')
    void call.hangUp()
    await world.run(500)
    await page.locator('.ladder .label', { hasText: 'BYE' }).waitFor()
    expect(await arrows(page)).toEqual(['BYE', '200 OK'])
  })

  it('hears an engine by the receivers of @xstate/inspect as well', async () => {
    const { world, alice, inspector } = await watched()
    const { page, noise } = await open(`${inspector.url}#receiver`)
    await page.locator('.top', { hasText: 'xstate-inspect' }).waitFor()
    await page.keyboard.press('a')
    await page.locator('.actors-row', { hasText: 'connection' }).first().waitFor()
    alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await world.run(500)
    await page.locator('.actors-row', { hasText: 'outgoingCall' }).click()
    await page.locator('.facts', { hasText: 'confirmed' }).waitFor()
    expect(noise).toEqual([])
  })

  it('takes a flow away in every format', async () => {
    const { inspector } = await watched()
    const { page, noise } = await open(inspector.url)
    await page.setInputFiles('input[type=file]', join(workspace, 'test/traces/office.jsonl'))
    await page.locator('.flow', { hasText: 'alice → bob' }).click()
    const taken: Record<string, Buffer> = {}
    for (const format of ['pcap', 'jsonl', 'mermaid', 'svg', 'png', 'test']) {
      await page.keyboard.press('e')
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator(`[data-format=${format}]`).click(),
      ])
      expect(download.suggestedFilename()).toMatch(/^switchboard-alice-bob\./)
      taken[format] = readFileSync((await download.path())!)
    }
    expect(taken.pcap!.readUInt32BE(0)).toBe(0xa1b2c3d4)
    const { header, frames, faults } = parseTrace(String(taken.jsonl))
    expect([header?.redacted, faults, frames.length > 50]).toEqual([true, [], true])
    expect(String(taken.mermaid)).toMatch(/^sequenceDiagram/)
    expect(String(taken.svg)).toMatch(/^<svg|^<\?xml/)
    expect(taken.png!.subarray(1, 4).toString()).toBe('PNG')
    expect(String(taken.test)).toContain("from 'vitest'")
    expect(noise).toEqual([])
  })

  it('has no more than 200 rows in the page, whatever there is', async () => {
    const { inspector } = await watched()
    const { page } = await open(inspector.url)
    await page.setInputFiles('input[type=file]', {
      name: 'many.jsonl',
      mimeType: 'text/plain',
      buffer: Buffer.from(many(3_000)),
    })
    await page.locator('.flow-section', { hasText: '3,000' }).waitFor()
    const rows = () => page.locator('.flow, .finding, .row, .actors-row').count()
    expect(await rows()).toBeLessThan(200)
    await page.locator('.flows').evaluate(list => list.scrollTo(0, list.scrollHeight))
    await page.locator('.flow', { has: page.getByText('OPTIONS user0', { exact: true }) }).waitFor()
    expect(await rows()).toBeLessThan(200)
    await page.keyboard.press('a')
    await page.locator('.actors').waitFor()
    expect(await rows()).toBeLessThan(200)
  })
})
