import { describe, expect, it } from 'vitest'
import { sessionTimer } from '../../machines/index.ts'
import { absorbs, arms, begin, expectStep, row } from '../support/steps.ts'

const at = (refresher: 'local' | 'remote', interval = 90) =>
  begin(sessionTimer, { grant: { interval, refresher } })
const granted = (interval: number, refresher: 'local' | 'remote') => ({
  type: 'timer.granted',
  grant: { interval, refresher },
})
const [ours, theirs] = [at('local'), at('remote')]
const refreshing = ours.fire('half')
const retrying = refreshing.send({ type: 'refresh.failed' })

describe('a session timer', () => {
  it('of ours is refreshed at half (§7.4)', () =>
    expectStep(ours, { to: { running: 'holding' }, timers: { half: 45_000, limit: 60_000 } }))
  it('of the peer is awaited', () =>
    expectStep(theirs, { to: { running: 'waiting' }, timers: { limit: 60_000 } }))
  it('of half an hour lasts until 32 s before (§10)', () =>
    expect(at('remote', 1800).timers).toEqual({ limit: 1_768_000 }))
  row('asks for the refresh', ours, 'half', {
    to: { running: 'refreshing' },
    did: [['refresh']],
    timers: { limit: 60_000 },
  })
  row('begins anew with every 2xx', refreshing, granted(180, 'local'), {
    to: { running: 'holding' },
    timers: { half: 90_000, limit: 148_000 },
  })
  row('may change sides', refreshing, granted(90, 'remote'), {
    to: { running: 'waiting' },
    timers: { limit: 60_000 },
  })
  row(
    'tries again when a refresh failed',
    refreshing,
    { type: 'refresh.failed' },
    {
      to: { running: 'retrying' },
      timers: { again: 5625, limit: 60_000 },
    },
  )
  row('as often as there is time', retrying, 'again', {
    to: { running: 'refreshing' },
    did: [['refresh']],
    timers: { limit: 60_000 },
  })
  arms('keeps its limit meanwhile', refreshing, { type: 'refresh.failed' }, 'again')
  for (const step of [ours, theirs, refreshing, retrying]) {
    row(`expires (${JSON.stringify(step.value)}, §10)`, step, 'limit', { to: 'expired', did: [['expire']] })
    row(
      `ends by agreement (${JSON.stringify(step.value)}, §7.2)`,
      step,
      { type: 'timer.stopped' },
      { to: 'ended' },
    )
    row(
      `ends with its dialog (${JSON.stringify(step.value)})`,
      step,
      { type: 'dialog.ended' },
      { to: 'ended' },
    )
  }
  absorbs('knows of no failure unless it refreshes', theirs, { type: 'refresh.failed' })
})
