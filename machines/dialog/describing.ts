/**
 * The beginning of an outgoing call whose offer is not there yet. RFC 3261 §13.2.1.
 *
 *   opening ──offer at hand──▶ calling
 *      └──▶ describing ──described──▶ calling
 *               └── no description, or given up ──▶ terminated
 */
import type { SipError } from '../../src/errors.ts'
import type { End } from './call.ts'
import { ends, tellError } from './call-parts.ts'

const over = ['settle', ends({ by: 'local', reason: 'cancelled' })] as const

export const describing = {
  opening: { always: [{ guard: 'undescribed', target: 'describing' }, { target: 'calling' }] },
  describing: {
    on: {
      'tu.described': 'calling',
      'tu.undescribed': {
        target: 'terminated',
        actions: [
          'settle',
          {
            type: 'conclude',
            params: ({ event }: { event: { error: SipError } }): End => ({
              by: 'local',
              reason: 'failed',
              error: event.error,
            }),
          },
          tellError,
        ],
      },
      'tu.cancel': { target: 'terminated', actions: over },
      'tu.hangUp': { target: 'terminated', actions: over },
    },
  },
} as const
