/** Time travel and what is taken away: what is lit is the machine's own snapshot of that moment, and a file shows the same again. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Frame } from '../../src/index.ts'
import { against } from '../interop/support/installed.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { arrowsOf, startBrowser, takeAway, textsOf, treeIn, type Watcher } from './support/browser.ts'

const root = join(import.meta.dirname, '../..')
const seed = Number(process.env.SIPACTOR_SEED ?? Date.now() % 1_000_000)

/** Mulberry32: the same numbers for the same seed. */
const random = (() => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
})()

/** The record that began the run to completion. */
const rootOf = ({ seq, cause }: Frame): number => cause ?? seq

/** Everything that the page shows of a trace: flows, and of each the rows and the lit states. */
const sightsOf = async (page: Page) => {
  const flows = page.locator('.flow')
  await flows.first().waitFor()
  const sights: unknown[] = []
  for (let at = 0, count = await flows.count(); at < count; at += 1) {
    await flows.nth(at).click()
    await page.locator('.ladder .row').first().waitFor()
    sights.push({
      // Its age goes on.
      flow: await flows.nth(at).locator('b, .state, .counts').allTextContents(),
      rows: await page
        .locator('.ladder .row')
        .evaluateAll(rows => rows.map(row => row.getAttribute('aria-label'))),
      heads: await textsOf(page.locator('.ladder-title .cut')),
    })
  }
  return sights
}

against(['chromium'], `replay (SIPACTOR_SEED=${seed})`, () => {
  let watcher: Watcher
  beforeAll(async () => {
    watcher = await startBrowser()
  }, 60_000)
  afterAll(() => watcher?.close())

  /** A call with a hold, a lost datagram and a refused call; every actor's own snapshot is kept at every record. */
  const recorded = async () => {
    const world = createWorld({ latency: 10 })
    onTestFinished(() => world.end())
    const alice = await world.party('192.0.2.1', {}, { user: 'alice' }, { transports: ['UDP'] })
    const bob = await world.party('192.0.2.2', {}, { user: 'bob' }, { transports: ['UDP'] })
    const inspector = await watcher.serve({ alice: alice.sip })
    /** State of each actor by the number of the last record, as the machines said themselves. */
    const snapshots = new Map<number, ReadonlyMap<string, string>>()
    let calls = 0
    bob.connection.calls$.subscribe(call => {
      calls += 1
      if (calls === 2) {
        call.reject(486)
        return
      }
      call.ring()
      call.offers$.subscribe(offer => void offer.accept(sdp('192.0.2.2', { direction: 'recvonly' })))
      call.accept(sdp('192.0.2.2')).catch(() => undefined)
    })
    const frames: Frame[] = []
    alice.sip.trace$.subscribe(frame => {
      frames.push(frame)
      // When the step is over.
      queueMicrotask(() => {
        const { seq, actors } = alice.sip.actors()
        snapshots.set(seq, new Map(actors.map(({ id, state }) => [id, state])))
      })
    })
    const { run } = world
    const drop = world.network.drop(({ bytes }) => new TextDecoder().decode(bytes).startsWith('ACK '))
    const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await run(800)
    drop.remove()
    await run(1_500)
    void call.hold().catch(() => undefined)
    await run(300)
    alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await run(300)
    void call.hangUp()
    await run(300)
    const opened = await watcher.open(inspector.url)
    await opened.page.locator('.flow', { hasText: '486' }).waitFor()
    return { world, alice, inspector, frames, snapshots, ...opened }
  }

  it('lights the state of the actor’s own snapshot, at ten random moments and wherever the slider stands', async () => {
    const { page, alice, frames, snapshots, noise } = await recorded()
    await page.locator('.flow', { hasText: '486' }).waitFor()
    const flows = page.locator('.flow')
    let compared = 0
    /** What is looked at: number of the record at which the machines were asked, and whom it says nothing of. */
    const moment = async () => {
      // The row stands for all that its message set off; the machines were asked right after that.
      const seq = Number(await page.locator('.ladder .row.sel').getAttribute('data-seq'))
      const root = rootOf(frames.find(frame => frame.seq === seq)!)
      const after = frames.findLast(frame => rootOf(frame) === root)!.seq
      // They may have been asked only after the next run: then those that it moved say nothing of this one.
      const asked = Math.min(...[...snapshots.keys()].filter(at => at >= after))
      const moved = new Set(
        frames.flatMap(frame =>
          frame.kind === 'step' && frame.seq > after && frame.seq <= asked ? [frame.actor] : [],
        ),
      )
      return { seq, asked, moved }
    }
    const compare = async (): Promise<void> => {
      const { seq, asked, moved } = await moment()
      const machines = page.locator('.machines button')
      const ids = await machines.evaluateAll(all => all.map(one => one.getAttribute('title')!))
      for (const id of ids.length > 3 ? [0, 1, 2].map(() => ids[random(ids.length)]!) : ids) {
        await machines.and(page.locator(`[title="${id}"]`)).click()
        const lit = await page
          .locator('.chart-state.lit:not(.holds)')
          .evaluateAll(all => all.map(one => one.getAttribute('data-state')))
        const own = snapshots.get(asked)?.get(id)
        if (own === undefined || moved.has(id)) continue
        expect([seq, id, lit]).toEqual([seq, id, [own]])
        compared += 1
      }
    }
    // Every copy has a row of its own.
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('2')
    for (let turn = 0; turn < 10; turn += 1) {
      await flows.nth(random(await flows.count())).click()
      const rows = page.locator('.ladder .row')
      await rows.nth(random(await rows.count())).click()
      await compare()
    }
    await page.locator('.flow', { hasText: 'BYE' }).or(flows.last()).first().click()
    const slider = page.getByRole('slider')
    const box = (await slider.boundingBox())!
    for (let turn = 0; turn < 6; turn += 1) {
      await page.mouse.click(box.x + 4 + random(Math.floor(box.width) - 8), box.y + 20)
      await compare()
    }
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'End', 'ArrowLeft']) {
      await slider.press(key)
      await compare()
      // Every actor has moved with it.
      const { asked, moved } = await moment()
      await page.keyboard.press('a')
      const of = (all: Iterable<string>) => [...all].filter(one => !moved.has(one.split(' ')[0]!)).sort()
      expect(of(await treeIn(page))).toEqual(of([...snapshots.get(asked)!].map(one => one.join(' '))))
      await page.keyboard.press('a')
    }
    await page.keyboard.press('l')
    await page.keyboard.press('a')
    const now = alice.sip.actors().actors.map(({ id, state }) => `${id} ${state}`)
    expect(await treeIn(page)).toEqual(now.sort())
    expect(compared).toBeGreaterThan(20)
    expect(noise).toEqual([])
  })

  it('shows the same again from a trace that was exported, and from a page of a file', async () => {
    const { page, inspector } = await recorded()
    const live = await sightsOf(page)
    expect(live).toHaveLength(2)
    const trace = await takeAway(page, 'jsonl', true)
    const html = join(watcher.folder, 'taken.html')
    writeFileSync(html, readFileSync(await takeAway(page, 'html', true)))
    const again = await watcher.open(inspector.url)
    await again.page.locator('.flow').first().waitFor()
    await again.page.setInputFiles('input[type=file]', {
      name: 'taken.jsonl',
      mimeType: 'text/plain',
      buffer: readFileSync(trace),
    })
    await again.page.locator('.top', { hasText: 'Recorded' }).waitFor()
    expect(await sightsOf(again.page)).toEqual(live)
    const alone = await watcher.open(pathToFileURL(html).href)
    expect(await sightsOf(alone.page)).toEqual(live)
    expect(alone.asked).toEqual([pathToFileURL(html).href])
    expect([...again.noise, ...alone.noise]).toEqual([])
  })

  it('gives a test that passes', { timeout: 60_000 }, async () => {
    const { page } = await recorded()
    await page.locator('.flow', { hasText: '486' }).click()
    const text = readFileSync(await takeAway(page, 'test'), 'utf8')
    expect(await arrowsOf(page)).toEqual(['INVITE', '486 Busy Here', 'ACK'])
    const folder = mkdtempSync(join(root, 'test/visualizer/generated-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'taken.test.ts')
    // The package by its name is what users have; here it is its sources.
    const own = text
      .replaceAll("'sipactor/testing'", "'../../../src/testing/index.ts'")
      .replaceAll("'sipactor/message'", "'../../../src/message/index.ts'")
      .replaceAll("'sipactor'", "'../../../src/index.ts'")
    writeFileSync(file, own)
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'run', file], { cwd: root })
    expect(stdout).toMatch(/Tests .*1 passed/)
  })
})
