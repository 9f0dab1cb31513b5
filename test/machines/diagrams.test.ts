/** docs/machines.md is what the machines are. `SIPACTOR_WRITE_DOCS=1 npx vitest run test/machines/diagrams` rewrites it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { diagram, page, pagePath } from '../../scripts/diagrams.mjs'
import { ourMachines } from '../support/subjects.ts'

describe('docs/machines.md', () => {
  it('shows the machines as they are', () => {
    const made = page(ourMachines)
    if (process.env.SIPACTOR_WRITE_DOCS === '1') writeFileSync(pagePath, made)
    expect(readFileSync(pagePath, 'utf8')).toBe(made)
  })

  it('has a diagram of every machine', () => {
    const written = readFileSync(pagePath, 'utf8')
    for (const name of Object.keys(ourMachines)) expect(written).toContain(`\n## ${name}\n`)
  })
})

describe('a diagram', () => {
  it('has nested states, guards, delays, what a state does by itself, and the end', () => {
    const machine = createMachine({
      id: 'small',
      initial: 'one',
      states: {
        one: {
          initial: 'waiting',
          on: {
            'wire.request': { actions: 'transmit' },
            'tu.provisional': '.silent',
            'tu.final': { target: 'two', guard: 'answered' },
          },
          states: {
            waiting: {
              after: { timerE: { target: 'waiting', reenter: true } },
              always: { guard: 'reliable', target: 'silent' },
            },
            silent: { on: { 'tu.cancel': '#small.other.told' } },
          },
        },
        other: { initial: 'queued', states: { queued: {}, told: {} } },
        two: { type: 'final' },
      },
    })
    expect(diagram(machine).split('\n')).toEqual([
      'stateDiagram-v2',
      '  [*] --> one',
      '  state "one" as one {',
      '    [*] --> one_waiting',
      '    state "waiting" as one_waiting',
      '    state "silent" as one_silent',
      '    one_waiting --> one_waiting : after timerE',
      '    one_waiting --> one_silent : [reliable]',
      '  }',
      '  state "other" as other {',
      '    [*] --> other_queued',
      '    state "queued" as other_queued',
      '    state "told" as other_told',
      '  }',
      '  one --> one : wire.request / transmit',
      '  one --> one : tu.provisional into silent',
      '  one --> two : tu.final [answered]',
      '  one_silent --> other : tu.cancel into told',
      '  two --> [*]',
    ])
  })
})
