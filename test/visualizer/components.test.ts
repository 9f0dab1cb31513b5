/** Charts, the tree of actors and differences of messages, in a browser, over recorded calls. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActorRecord, formatTrace, type StepFrame } from '../../src/inspect/index.ts'
import type { Stage } from '../../visualizer/dev/stage.tsx'
import { ordinaryCall } from '../inspect/scenes.ts'
import { browserPath, type Opened, openStage } from './support/stage.ts'

declare const stage: Stage

// Without a browser there is nothing to look at: .ci/run has one.
describe.skipIf(browserPath === undefined)('in a browser', () => {
  let opened: Opened
  let steps: readonly StepFrame[]
  const page = () => opened.page
  const texts = (selector: string) => page().locator(selector).allTextContents()
  const count = (selector: string) => page().locator(selector).count()
  /** Waits until the page has drawn. */
  const drawn = () =>
    page().evaluate(
      () => new Promise<void>(done => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
    )

  beforeAll(async () => {
    const { bob } = await ordinaryCall()
    opened = await openStage()
    await page().evaluate(text => stage.load(text), formatTrace(bob.frames))
    steps = await page().evaluate(() => stage.steps('inviteServer'))
    // The page is built first, beside whatever else runs.
  }, 120_000)
  afterAll(async () => {
    // Nothing was asked of any host, and nothing complained.
    expect(opened.noise).toEqual([])
    await opened.close()
  })

  const chart = async (step: StepFrame, now?: number) => {
    await page().evaluate(([machine, actor, seq, at]) => stage.chart(machine, actor, seq, at), [
      step.machine,
      step.actor,
      step.seq,
      now,
    ] as const)
    await drawn()
  }
  const accepted = () => steps.find(({ to }) => to === 'accepted')!

  describe('a chart', () => {
    it('lights the state as of a record, the transition just taken, and the path before', async () => {
      await chart(accepted())
      expect(await page().locator('.chart-state.lit').getAttribute('data-state')).toBe('accepted')
      expect(await page().locator('.chart-edge.taken').getAttribute('data-edge')).toBe('proceeding>accepted')
      expect(await page().locator('.chart-edge.path').getAttribute('data-edge')).toBe(
        'proceeding>proceeding.answered',
      )
      expect(await page().locator('.chart-state.lit').getAttribute('aria-label')).toBe('accepted, lit')
      await chart(steps[0]!)
      expect(
        await page()
          .locator('.chart-state.lit')
          .evaluateAll(all => all.map(each => each.getAttribute('data-state'))),
      ).toEqual(['proceeding', 'proceeding.silent'])
      expect(await count('.chart-edge.taken')).toBe(0)
    })

    it('has a ring on each timer that runs, and says the same in words', async () => {
      await chart(accepted())
      expect(await page().locator('.chart-sign.armed').getAttribute('data-timer')).toBe('timerL')
      expect((await texts('.chart-timers li'))[0]).toContain(
        'Timer L absorbs repeats of the INVITE32.0 s of 32.0 s',
      )
      expect(await count('.chart-sign:not(.armed)')).toBeGreaterThan(2)
    })

    it('says in one line when now differs', async () => {
      const last = await page().evaluate(() => stage.model.last)
      await chart(steps[0]!)
      expect(await texts('.chart-now')).toEqual([
        expect.stringMatching(/^Lit as of this arrow\. Now: accepted, .* ago, by tu\.success\.$/),
      ])
      await chart({ ...accepted(), seq: last })
      expect(await count('.chart-now')).toBe(0)
    })

    it('goes on counting while it is live', async () => {
      const [last, t] = await page().evaluate(
        () => [stage.model.last, stage.model.timeAt(stage.model.last)] as const,
      )
      await chart({ ...accepted(), seq: last }, t + 10_000)
      const [left] = await texts('.chart-timers .chart-value b')
      await chart({ ...accepted(), seq: last }, t + 20_000)
      const [later] = await texts('.chart-timers .chart-value b')
      expect(Number.parseFloat(left!) - Number.parseFloat(later!)).toBeCloseTo(10, 1)
    })

    it('is walked by keys, and lists what a chosen state can do', async () => {
      await chart(accepted())
      await page().locator('[data-state="accepted"]').focus()
      await page().keyboard.press('ArrowDown')
      const reached = await page().evaluate(() => document.activeElement?.getAttribute('data-state'))
      expect(reached).not.toBe('accepted')
      expect(await count('.chart [tabindex="0"]')).toBe(1)
      await page().locator('[data-state="accepted"]').focus()
      await page().keyboard.press('Enter')
      expect((await texts('.chart-list')).join()).toContain('after timerL → terminated')
      await page().keyboard.press('Enter')
      expect(await count('[aria-label="Transitions of accepted"]')).toBe(0)
    })

    it('zooms by keys and buttons, and keeps its words readable until all is asked for', async () => {
      await chart(accepted())
      const scale = () => page().locator('.chart-tools button').last().textContent()
      const before = Number.parseInt((await scale())!, 10)
      expect(before).toBeGreaterThanOrEqual(92)
      await page().locator('[data-state="accepted"]').focus()
      await page().keyboard.press('+')
      expect(Number.parseInt((await scale())!, 10)).toBeGreaterThan(before)
      await page().keyboard.press('9')
      await drawn()
      expect(Number.parseInt((await scale())!, 10)).toBeLessThan(before)
      await page().keyboard.press('0')
      expect(Number.parseInt((await scale())!, 10)).toBe(before)
    })

    it('tells the record that is chosen in the path', async () => {
      await chart(accepted())
      await page().locator('.chart-path button').first().click()
      expect(await page().evaluate(() => stage.chosen.at(-1))).toBe(steps[0]!.seq)
    })

    it('says what it knows of an unknown machine, and draws one that it was told of', async () => {
      await page().evaluate(() => stage.chart('neverHeardOf'))
      expect(await texts('#app')).toEqual(['Nothing is known of the chart of neverHeardOf.'])
      await page().evaluate(() => {
        const base = { node: 'x', type: 'atomic' } as const
        stage.learnChart({
          machine: 'toldOf',
          states: [
            { id: 'red', key: 'red', initial: true, ...base },
            { id: 'green', key: 'green', ...base },
          ],
          edges: [
            { id: 'a', from: 'red', to: 'green', transitions: [{ event: 'go' }] },
            {
              id: 'b',
              from: 'green',
              to: 'red',
              after: '1000',
              transitions: [{ event: 'xstate.after(1000)#x' }],
            },
          ],
          inside: [],
          everywhere: [],
        })
        stage.chart('toldOf')
      })
      expect(await count('.chart-state')).toBe(2)
      expect(await count('.chart-edge')).toBe(2)
    })
  })

  describe('a difference', () => {
    it('stands the same header beside the same header, and marks the words that differ', async () => {
      await page().evaluate(() => stage.diff(0, 2))
      expect(await texts('.diff [role="status"]')).toEqual([expect.stringContaining('changed')])
      const rows = await page()
        .locator('.diff tbody tr')
        .evaluateAll(all =>
          all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent?.split(':')[0])),
        )
      for (const [left, right] of rows.slice(1, 8)) if (left && right) expect(left).toBe(right)
      expect((await texts('.diff ins')).join()).toContain('tag=')
      await page().locator('.diff button').click()
      expect(await count('.diff-same')).toBe(0)
    })
  })

  describe('the tree of actors', () => {
    const many = (): ActorRecord[] => {
      const base = { since: 0, timers: [] }
      const list: ActorRecord[] = [{ id: 'x', machine: 'connection', state: 'active', ...base }]
      for (let at = 0; at < 3_333; at++) {
        const owner = `call${at}`
        list.push({
          id: owner,
          machine: 'incomingCall',
          parent: 'x',
          state: at % 7 ? 'confirmed' : 'ringing',
          ...base,
        })
        list.push({ id: `d${at}`, machine: 'dialog', parent: 'x', owner, state: 'confirmed', ...base })
        list.push({ id: `t${at}`, machine: 'inviteServer', parent: 'x', owner, state: 'accepted', ...base })
      }
      return list
    }
    const focused = () => page().evaluate(() => document.activeElement?.textContent ?? '')

    it('shows 10,000 with at most 200 rows in the page, folded into groups with their states', async () => {
      await page().setViewportSize({ width: 1100, height: 800 })
      await page().evaluate(actors => {
        stage.seed(actors, stage.model.last)
        stage.actors()
      }, many())
      await drawn()
      expect((await texts('.actors-left header'))[0]).toMatch(/^10,0\d\d actors$/)
      const group = page().locator('.actors-row', { hasText: 'incomingCall 3,333' })
      expect(await group.textContent()).toContain('2,856 confirmed, 477 ringing')
      await group.click()
      await page().keyboard.press('ArrowRight')
      await drawn()
      expect(await group.getAttribute('aria-expanded')).toBe('true')
      const size = await page().locator('.actors-foot').textContent()
      expect(size).toMatch(/of 10,0\d\d/)
      const rows: number[] = []
      for (const place of [0, 50_000, 120_000, 10_000_000]) {
        await page()
          .locator('.actors-pane')
          .evaluate((pane, top) => pane.scrollTo(0, top), place)
        await drawn()
        rows.push(await count('.actors-row:not(.actors-heads)'))
      }
      expect(Math.max(...rows)).toBeLessThanOrEqual(200)
      expect(Math.min(...rows)).toBeGreaterThan(20)
    })

    it('scrolls through all of it without dropping a beat', async () => {
      const slow = await page().evaluate(async () => {
        const pane = document.querySelector('.actors-pane')!
        const spent: number[] = []
        for (let step = 0; step < 60; step++) {
          pane.scrollTop = step * 3_000
          const began = performance.now()
          await new Promise(done => requestAnimationFrame(done))
          spent.push(performance.now() - began)
        }
        return spent.sort((a, b) => a - b)[45]!
      })
      expect(slow).toBeLessThan(200)
    })

    it('is gone through by arrows, Home, End and by typing; the focus is not lost by scrolling', async () => {
      await page()
        .locator('.actors-pane')
        .evaluate(pane => pane.scrollTo(0, 0))
      await drawn()
      await page().locator('.actors-row', { hasText: 'incomingCall 3,333' }).click()
      await page().keyboard.press('Home')
      const first = await focused()
      expect(first).toContain('connection')
      await page().keyboard.press('End')
      expect(await focused()).toContain('t3332')
      await page()
        .locator('.actors-pane')
        .evaluate(pane => pane.scrollTo(0, 0))
      await drawn()
      expect(await focused()).toContain('t3332')
      await page().keyboard.press('ArrowUp')
      expect(await focused()).toContain('d3332')
      await page().keyboard.press('ArrowLeft')
      expect(await focused()).toContain('call3332')
      await page().keyboard.press('Home')
      await page().keyboard.type('incomingcall call12')
      expect(await focused()).toContain('incomingCall call12')
      await page().keyboard.press('Enter')
      expect(await page().evaluate(() => stage.chosen.at(-1))).toBe('open call12')
      expect(await count('.actors-rows [tabindex="0"]')).toBe(1)
    })

    it('lists what is stuck, the worst first, and finds by words', async () => {
      const t = await page().evaluate(() => stage.model.timeAt(stage.model.last))
      await page().evaluate(now => stage.actors(stage.model.last, now), t + 40_000)
      await page().locator('.actors-stuck button').click()
      await drawn()
      const shown = await texts('.actors-rows .actors-chip')
      expect(shown.length).toBeGreaterThan(20)
      for (const state of shown) expect(state).toMatch(/^◆ (?:ringing|accepted|completed)/)
      await page().locator('.actors-stuck button').click()
      await page().locator('.actors-search').fill('call77 dialog')
      await drawn()
      for (const name of await texts('.actors-rows .actors-name b')) expect(name).toBe('dialog')
      await page().locator('.actors-search').fill('nothing like this')
      expect(await texts('.actors-none')).toEqual(['No actor is like that. Show all'])
      await page().locator('.actors-none button').click()
      expect(await count('.actors-none')).toBe(0)
    })

    it('can be used at 420 px: nothing is wider than the page', async () => {
      await page().setViewportSize({ width: 420, height: 800 })
      await drawn()
      expect(await page().evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(420)
    })
  })
})
