import { describe, expect, it } from 'vitest'
import { refresh } from '../../machines/index.ts'
import { absorbs, begin, nobody, row } from '../support/steps.ts'

const inactive = begin(refresh, { owner: nobody })
const granted = (expires: number) => ({ type: 'refresh.granted', expires })
const active = inactive.send(granted(600))
const stop = { type: 'refresh.stop' }

describe('refresh', () => {
  it.each([
    [3600, 3_000_000],
    [1201, 601_000],
    [1200, 600_000],
    [600, 300_000],
    [30, 15_000],
    [1, 500],
  ])('is due ten minutes before %i s are over, or after half of them (§10.2.4)', (expires, due) =>
    expect(inactive.send(granted(expires)).timers).toEqual({ due }),
  )

  row('tells its owner when it is due, and once more after the same time', active, 'due', {
    to: 'active',
    did: [['tell', { type: 'refresh.due' }]],
    timers: { due: 300_000 },
  })
  row('starts anew with what is granted next', active, granted(3600), {
    to: 'active',
    timers: { due: 3_000_000 },
  })
  row(
    'takes the interval of the application',
    active,
    { type: 'tu.interval', seconds: 45 },
    {
      to: 'active',
      timers: { due: 45_000 },
    },
  )
  row(
    'goes back to half of what is granted next',
    active.send({ type: 'tu.interval', seconds: 45 }),
    granted(600),
    {
      to: 'active',
      timers: { due: 300_000 },
    },
  )
  absorbs('has no interval before anything was granted', inactive, { type: 'tu.interval', seconds: 45 })
  row('is stopped', active, stop, { to: 'terminated' })
  row('is stopped before it began', inactive, stop, { to: 'terminated' })
})
