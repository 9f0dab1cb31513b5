/**
 * A session description that the media of a call was asked for: waited for, but not for ever. RFC 3264.
 *
 *   asked ──given, failed, or the call is over──▶ settled
 *     └──────────── 64·T1 ─────────────────────────▲
 */
import { setup } from 'xstate'
import { effect } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'

/** What `description` starts with. */
export interface DescriptionInput {
  readonly timers: TimerConfig
}

/** A description that is asked for: asked, settled. */
export const description = setup({
  types: {} as { input: DescriptionInput; context: DescriptionInput; events: { type: 'tu.described' } },
  actions: { giveUp: effect('giveUp') },
  delays: { tooLong: ({ context }) => 64 * context.timers.t1 },
}).createMachine({
  id: 'description',
  context: ({ input }) => input,
  initial: 'asked',
  states: {
    asked: {
      on: { 'tu.described': 'settled' },
      after: { tooLong: { target: 'settled', actions: 'giveUp' } },
    },
    settled: { type: 'final' },
  },
})
