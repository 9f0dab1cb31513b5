import { describe, expect, it } from 'vitest'
import { clientResolver, rfc3261 } from '../../machines/index.ts'
import type { ResolvableClient } from '../../src/rules/resolve-client.ts'
import { make } from '../rules/support.ts'
import { absorbs, begin, row } from '../support/steps.ts'

const resolving = (
  clients: readonly ResolvableClient[],
  more: { readonly owner?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) =>
  begin(clientResolver, {
    request: make('MESSAGE', more.headers),
    clients,
    timers: rfc3261,
    ...(more.owner !== undefined && { owner: more.owner }),
  })

const unavailable = { reply: { status: 480, headers: [] } }
const running = { client: 'running', attached: true }
const asleep = { client: 'asleep', attached: false, capabilities: { features: ['audio'] } }

describe('a request that no object claims', () => {
  it('goes at once to an application that runs', () => {
    const step = resolving([asleep, running])
    expect([step.value, step.did, step.timers]).toEqual(['delivered', [['deliver', 'running']], {}])
  })

  it('is refused when there is none', () => {
    const step = resolving([])
    expect([step.value, step.did]).toEqual(['refused', [['refuse', unavailable]]])
  })

  it('goes to whose dialog it is about, whatever else it says (RFC 3891)', () => {
    const step = resolving(
      [running, { client: 'owner', attached: true, capabilities: { methods: ['INVITE'] } }],
      {
        owner: 'owner',
      },
    )
    expect(step.did).toEqual([['deliver', 'owner']])
  })

  it('is looked at as any other when the owner is gone', () => {
    expect(resolving([running], { owner: 'gone' }).did).toEqual([['deliver', 'running']])
  })

  it('goes to the one that its caller means, though it has to be started first', () => {
    const step = resolving([running, asleep], { headers: { 'Accept-Contact': '*;audio' } })
    expect([step.value, step.did, step.timers]).toEqual([
      'launching',
      [['launch', 'asleep']],
      { patience: 28_800 },
    ])
  })

  it('does not keep the message while it waits', () => {
    expect(resolving([asleep]).context).toMatchObject({ request: undefined })
  })
})

const launching = resolving([asleep])

describe('an application that is being started', () => {
  row(
    'gets the request when it is ready',
    launching,
    { type: 'client.ready' },
    {
      to: 'delivered',
      did: [['deliver', 'asleep']],
    },
  )
  row(
    'cannot be started: 480',
    launching,
    { type: 'launch.failed' },
    {
      to: 'refused',
      did: [['refuse', unavailable]],
    },
  )
  row('takes too long: 480 at 0.9·64·T1', launching, 'patience', {
    to: 'refused',
    did: [['refuse', unavailable]],
  })
  row(
    'is told nothing of a request that its caller takes back',
    launching,
    { type: 'tu.cancel' },
    {
      to: 'cancelled',
      did: [],
    },
  )
  absorbs('nothing else', launching, { type: 'nonsense' })
})
