/**
 * Does the differential test notice when the compiler is wrong? Each mutant is a copy of src/engine/compile with one
 * text replaced; a small share of the differential test runs on it and must find a difference.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as original from '../../../src/engine/compile/index.ts'
import { drawFrom } from '../../support/random-machine.ts'
import { constructs, liveOnly, subjects } from '../../support/subjects.ts'
import { walkRandom, walkRandomMachines } from './differential.ts'
import { live } from './live.ts'
import type { Implementation } from './pair.ts'

const root = join(import.meta.dirname, '../../..')
const source = join(root, 'src/engine/compile')
const place = mkdtempSync(join(root, '.mutant-'))
afterAll(() => rmSync(place, { recursive: true }))

/** A small share of the differential test; throws at the first difference. */
const examine = (impl: Implementation): void => {
  const draw = drawFrom(13)
  const { everything, 'everything:delays': delays, parallel, stillborn } = constructs
  const { inviteClient, 'outgoingCall:own ACK': call } = subjects
  for (const subject of [everything!, parallel!, stillborn!, inviteClient!, call!]) {
    walkRandom(subject, impl, draw, subject === everything ? 250 : 60)
  }
  for (const subject of [everything!, delays!, parallel!, stillborn!, inviteClient!, liveOnly.spawner!]) {
    for (let n = 0; n < 16; n++) live(subject, impl, draw, 20)
  }
  walkRandomMachines(impl, draw, 250)
}

/** File, what stands there, what is put in its place. */
const mutants: readonly (readonly [file: string, from: string, to: string])[] = [
  ['macrostep.ts', 'eventless = !spontaneous || run.dirty', 'eventless = !spontaneous'],
  ['macrostep.ts', 'if (next === run.configuration) return', 'return'],
  ['macrostep.ts', 'if (n > limit) throw endless(limit)', 'if (n > limit) return'],
  ['macrostep.ts', 'else timers?.cancelAll(scope.self)', ''],
  ['macrostep.ts', 'Object.assign(run, before)', ''],
  ['macrostep.ts', 'scope.defer(() => timers.cancelAll(scope.self))', 'timers.cancelAll(scope.self)'],
  ['macrostep.ts', 'if (hooks.microstep) tell(run, event, chosen)\n        eventless', 'eventless'],
  ['actions.ts', 'if (after !== before) {', 'if (before === undefined) {'],
  ['actions.ts', 'for (const action of more)', 'for (const action of more.slice(1))'],
  ['actions.ts', 'run.context = next\n', 'Object.assign(run.context, next)\n'],
  ['actions.ts', 'const output = node.parent ?', 'const output = !node.parent ?'],
  ['actions.ts', 'output: evaluateOutput(step.output, run, event)', 'output: undefined'],
  ['delayed.ts', "if (typeof sent.delay !== 'number') run.queue.push(sent.event)", ''],
  ['delayed.ts', 'own !== undefined ? own.disarm : () => perform(scope, sent)', '() => perform(scope, sent)'],
  ['delayed.ts', 'to ?? self', 'self'],
  ['delayed.ts', "typeof delay === 'string' ? delays[delay] : delay", 'delay'],
  ['candidates.ts', 'wild.sort((a, b) => b.descriptor.length - a.descriptor.length)', ''],
  ['candidates.ts', 'if (passes) return choice', 'if (!passes) return choice'],
  ['candidates.ts', '...others.flatMap(other => other.choices)', ''],
  ['candidates.ts', 'type => type === prefix ||', 'type =>'],
  ['configuration.ts', '&& always.length === 0', ''],
  [
    'configuration.ts',
    'next: from !== undefined && same ? from : configuration(nodes)',
    'next: configuration(nodes)',
  ],
  ['configuration.ts', 'if (found.length > 0) return found', ''],
  ['configuration.ts', 'shape: shapeOf(machine, value, [root])', ''],
  ['guards.ts', 'parts.every(', 'parts.some('],
  ['guards.ts', '!parts[0]!(run, event)', 'parts[0]!(run, event)'],
  ['guards.ts', "if (t.eventType === '') return error", ''],
  ['structure.ts', 'leaving.sort(byOrder).reverse()', 'leaving.sort(byOrder)'],
  ['structure.ts', '!t.reenter && targets.every', 'targets.every'],
  ['structure.ts', 'if (byDefault.has(node)) act(node.initial.actions)', ''],
  ['structure.ts', 'if (rivals.some(rival => !isWithin(t.source, rival.source))) continue', ''],
  ['structure.ts', 'kept.filter(other => !rivals.includes(other))', 'kept'],
  ['structure.ts', "if (domain?.type === 'parallel') ancestors.push(domain)", ''],
  ['structure.ts', 'after.sort(byOrder).reverse()', 'after.sort(byOrder)'],
  ['structure.ts', 't.source !== node || t.source !== domain || t.reenter', 't.source !== node'],
  ['xstate-internals.ts', 'historyValue: shape.historyValue,', ''],
  ['index.ts', 'else if (isError)', 'else if (event === undefined)'],
  ['index.ts', '&& !isError &&', '&&'],
]

describe('the differential test', () => {
  it('finds nothing wrong with what is not mutated', () => {
    examine(original)
  })

  it.each(mutants)('notices the mutant %s: %s', async (file, from, to) => {
    const folder = mkdtempSync(join(place, 'm'))
    cpSync(source, join(folder, 'compile'), { recursive: true })
    const text = readFileSync(join(folder, 'compile', file), 'utf8')
    expect(text.split(from), 'the text stands there once').toHaveLength(2)
    writeFileSync(
      join(folder, 'compile', file),
      text.replace(from, () => to),
    )
    const mutant = (await import(/* @vite-ignore */ join(folder, 'compile/index.ts'))) as Implementation
    expect(() => examine(mutant)).toThrow()
  })
})
