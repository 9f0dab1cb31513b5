/**
 * The compiled machine is the machine: every path, random sequences, random statecharts and live actors.
 *
 * A long run: SIPACTOR_DIFFERENTIAL=40 npx vitest run test/engine/compile/differential.test.ts --testTimeout=0
 * multiplies all counts (1 is the default), and SIPACTOR_SEED=7 draws other numbers.
 *
 * Known and wanted difference: a delayed `raise` or `sendTo` armed again under the same id replaces the first; XState
 * fires both and can cancel only the later. No machine here does that without cancelling before.
 */
import { describe, expect, it } from 'vitest'
import * as impl from '../../../src/engine/compile/index.ts'
import { drawFrom } from '../../support/random-machine.ts'
import { constructs, liveOnly, missing, ourMachines, subjects } from '../../support/subjects.ts'
import { walkPaths, walkRandom, walkRandomMachines } from './differential.ts'
import { live } from './live.ts'

const times = Number(process.env.SIPACTOR_DIFFERENTIAL ?? 1)
const seed = Number(process.env.SIPACTOR_SEED ?? 42)
const walked = Object.entries({ ...constructs, ...subjects })
const living = [...walked, ...Object.entries(liveOnly)]

describe('compiled and interpreted machines', () => {
  it('are compared for every machine that is exported', () => {
    expect(missing()).toEqual([])
    expect(Object.keys(ourMachines).length).toBeGreaterThan(10)
  })

  it.each(Object.entries(ourMachines))('compile: %s', (_, machine) => {
    expect(impl.report(machine)).toMatchObject({ id: machine.id, mode: 'compiled' })
  })

  it.each(walked)('agree on every path: %s', (name, subject) => {
    const { paths, compared } = walkPaths(subject, impl, 300 * times)
    expect(compared, name).toBeGreaterThanOrEqual(paths)
  })

  it.each(walked)('agree on random sequences: %s', (_, subject) => {
    const sequences = 60 * times
    expect(walkRandom(subject, impl, drawFrom(seed), sequences)).toBeGreaterThanOrEqual(sequences)
  })

  it('agree on random machines', () => {
    expect(walkRandomMachines(impl, drawFrom(seed), 300 * times)).toBeGreaterThan(3000 * times)
  })

  it.each(living)('agree as live actors: %s', (_, subject) => {
    const draw = drawFrom(seed)
    for (let n = 0; n < 12 * times; n++) expect(live(subject, impl, draw, 25)).toBe(26)
  })
})
