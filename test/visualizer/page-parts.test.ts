/** What the page computes by itself: times, rows that are seen, bars, raw text, colours that can be read. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ArrowRow, type Frame, type LadderRow, parseTrace } from '../../src/inspect/index.ts'
import { ageText, clockText, rangeText, shortClockText, spanText } from '../../visualizer/src/app/time.ts'
import { linesOf, rawOf } from '../../visualizer/src/inspector/raw.ts'
import { messagesOf, unfolded } from '../../visualizer/src/ladder/unfold.ts'
import { indexAt, offsetsOf, windowOf } from '../../visualizer/src/list/visible.ts'
import { densityOf, markStep, markText } from '../../visualizer/src/scrubber/density.ts'

const workspace = new URL('../../visualizer/', import.meta.url)
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, workspace)), 'utf8')

const arrow = (given: Partial<ArrowRow>): ArrowRow => ({
  kind: 'arrow',
  seq: 1,
  t: 0,
  from: 'a',
  to: 'b',
  direction: 'in',
  label: 'INVITE',
  is: 'request',
  method: 'INVITE',
  cseq: 1,
  leg: 'x',
  transaction: 'x',
  copies: [],
  gap: 0,
  again: false,
  chips: [],
  flagged: false,
  ...given,
})

describe('times', () => {
  it('since the start are told to the millisecond, long ones in minutes and hours', () => {
    expect([0, 1, 16_373, 599_999, 724_020, 3_724_020].map(clockText)).toEqual([
      '0.000',
      '0.001',
      '16.373',
      '599.999',
      '12:04.02',
      '1:02:04',
    ])
    expect(shortClockText(16_373)).toBe('16.37')
  })

  it('since a state are told as a clock', () => {
    expect([18_000, 64_000, 4_728_000, 172_900_000].map(ageText)).toEqual(['0:18', '1:04', '1:18:48', '2 d'])
  })

  it('between two things have no more figures than one reads', () => {
    expect([1, 4_870, 14_200, 400_000, 1_800_000, 9_000_000].map(spanText)).toEqual([
      '1 ms',
      '4.87 s',
      '14.2 s',
      '400 s',
      '30 min',
      '2.5 h',
    ])
    expect([rangeText([500, 4_000]), rangeText([4_000, 4_001])]).toEqual(['0.5–4 s', '4 s'])
  })
})

describe('rows that are seen', () => {
  it('are all in the window and never more than 80', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3_000 }),
        fc.nat(60_000),
        fc.integer({ min: 1, max: 1_200 }),
        (heights, top, size) => {
          const offsets = offsetsOf(heights, height => height)
          const [first, last] = windowOf(offsets, { top, bottom: top + size, width: 1, height: size })
          expect(last - first).toBeLessThanOrEqual(80)
          const seen = heights.flatMap((height, at) =>
            offsets[at]! < top + size && offsets[at]! + height > top ? [at] : [],
          )
          for (const at of seen.slice(0, 70)) expect(at >= first && at < last).toBe(true)
        },
      ),
    )
  })

  it('are found by their height', () => {
    expect([0, 21, 22, 40, 1_000].map(y => indexAt([0, 22, 37], y))).toEqual([0, 0, 1, 2, 2])
  })
})

describe('repetitions', () => {
  it('unfolded are rows of their own, with their own times', () => {
    const rows = unfolded(
      [
        arrow({ seq: 3, t: 10, copies: [5, 9], rtt: 4 }),
        arrow({ seq: 11, t: 1_100, gap: 7, copies: [11, 12], repeats: 3 }),
      ],
      seq => seq * 100,
    ) as ArrowRow[]
    expect(rows.map(({ seq, t, gap, repeats, rtt }) => [seq, t, gap, repeats, rtt])).toEqual([
      [3, 10, 0, undefined, 4],
      [5, 500, 490, 3, undefined],
      [9, 900, 400, 3, undefined],
      [11, 1_100, 7, 3, undefined],
      [12, 1_200, 100, 3, undefined],
    ])
    expect(rows.map(messagesOf)).toEqual([1, 1, 1, 1, 1])
    expect(messagesOf(arrow({ copies: [5, 9] }))).toBe(3)
  })
})

describe('bars', () => {
  it('count messages, repetitions and failures where they were', () => {
    const rows: LadderRow[] = [
      arrow({ seq: 1, t: 100, copies: [2, 3] }),
      arrow({ seq: 4, t: 190, is: 'failure' }),
      arrow({ seq: 5, t: 200, is: 'failure', again: true }),
    ]
    expect(densityOf(rows, seq => seq * 50, 100, 100, 2)).toEqual([
      { plain: 1, repeated: 1, failed: 0 },
      { plain: 1, repeated: 1, failed: 1 },
    ])
  })

  it('are marked at round times that do not touch', () => {
    for (const span of [3, 90, 4_000, 64_200, 900_000, 40_000_000, 900_000_000]) {
      const step = markStep(span, 600)
      expect((step / span) * 600).toBeGreaterThanOrEqual(64)
    }
    expect([markText(20_000, 10_000), markText(60_000, 60_000), markText(500, 500)]).toEqual([
      '20 s',
      '1 min',
      '0.5 s',
    ])
  })
})

describe('raw text', () => {
  const messages = parseTrace(read('test/traces/office.jsonl')).frames.filter(
    (frame): frame is Frame & { kind: 'message' } => frame.kind === 'message',
  )

  it('has every line of a message, and its hidden parts hidden', () => {
    for (const frame of messages) {
      const raw = rawOf(frame)
      const lines = linesOf(raw)
      for (const { text, at } of lines) expect(raw.text.slice(at, at + text.length)).toBe(text)
      for (const [from, to] of raw.hidden) expect(raw.text.slice(from, to)).toMatch(/^\*+$/)
    }
    expect(messages.some(frame => rawOf(frame).hidden.length > 0)).toBe(true)
    expect(read('test/traces/office.jsonl')).not.toContain('open sesame')
  })
})

describe('colours', () => {
  const css = read('src/theme/tokens.css')
  const palette = (block: string) =>
    Object.fromEntries(
      [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]),
    )
  const dark = palette(css.slice(css.indexOf(':root'), css.indexOf('[data-theme')))
  const light = palette(css.slice(css.indexOf('[data-theme')))
  const luminance = (hex: string): number => {
    const [r, g, b] = [1, 3, 5].map(at => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const contrast = (a: string, b: string): number => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
    return (high! + 0.05) / (low! + 0.05)
  }

  it.for([
    ['dark', dark],
    ['light', light],
  ] as const)('of text stand out 4.5:1 from every ground, %s; edges 3:1', ([, colours]) => {
    const weak: string[] = []
    for (const ground of ['bg', 'surface', 'raised', 'sel', 'band']) {
      for (const ink of ['ink', 'ink-2', 'ink-3', 'req', 'prov', 'ok', 'fail', 'rtx', 'live', 'timer'])
        if (contrast(colours[ink]!, colours[ground]!) < 4.5) weak.push(`${ink} on ${ground}`)
    }
    for (const ground of ['bg', 'surface', 'raised'])
      if (contrast(colours.edge!, colours[ground]!) < 3) weak.push(`edge on ${ground}`)
    expect(weak).toEqual([])
  })
})
