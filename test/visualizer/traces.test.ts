/** The traces that the page is tried with are what the engine does today. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseTrace, TraceModel } from '../../src/inspect/index.ts'
import { recordOffice } from './record.ts'

const file = fileURLToPath(new URL('../../visualizer/test/traces/office.jsonl', import.meta.url))

describe('the trace of an office', () => {
  it('is read without a fault and holds every kind of flow', async () => {
    const text = await recordOffice()
    if (process.env.SIPACTOR_WRITE_DOCS) writeFileSync(file, text)
    const { frames, faults } = parseTrace(text)
    expect(faults).toEqual([])
    const model = new TraceModel()
    model.append(frames)
    const flows = model.flows()
    expect(new Set(flows.map(({ kind }) => kind))).toEqual(new Set(['call', 'registration', 'other']))
    expect(new Set(flows.map(({ standing }) => standing))).toEqual(
      new Set(['ended', 'failed', 'settled', 'underway']),
    )
    expect(flows.some(({ legs }) => legs.length === 2)).toBe(true)
    // Recorded by hand from time to time: as long as the engine does the same, the file is as long as what it does.
    expect(readFileSync(file, 'utf8').split('\n').length).toBeGreaterThan(200)
  })
})
