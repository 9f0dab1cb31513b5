/** What is shown of subscriptions, publications, messages, profiles and lines. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type FlowSummary, ladder, type TraceModel } from '../../src/inspect/index.ts'
import { everyUsage } from './event-scenes.ts'

let model: TraceModel
let text: readonly string[]
beforeAll(async () => {
  const scene = await everyUsage()
  const stopped = scene.line.stop()
  await scene.run(1_000)
  await stopped
  model = scene.model()
  text = ladder(scene.frames.map(frame => ({ party: 'alice', frame })))
  await scene.end()
})

const rowsOf = (title: string) => model.ladder(model.flows().find(flow => flow.title === title)!.id).rows

describe('flows without a call', () => {
  it('have a kind, a name and a state that a reader knows', () => {
    const brief = ({ kind, title, state, standing }: FlowSummary) =>
      [kind, title, state, standing].join(' | ')
    expect(model.flows().map(brief).reverse()).toEqual([
      'registration | alice@example.com | unregistered | ended',
      'subscription | alice → carol, presence | ended | ended',
      'call | alice → carol | ended | ended',
      'subscription | carol → alice, presence | active | settled',
      'message | alice → carol | 200 OK | ended',
      'message | carol → alice | 200 OK | ended',
      'publication | bob, presence | removed | ended',
      'subscription | alice → carol, dialog | 489 Bad Event | failed',
      'subscription | alice → bob, presence | no NOTIFY | failed',
      'registration | bob@example.com | 401 Unauthorized | failed',
    ])
  })

  it('keep what a line and its profile hold apart: registration, call and subscription are three', () => {
    const flow = (machine: string) =>
      new Set(
        [...model.frames()].flatMap(frame =>
          frame.kind === 'step' && frame.machine === machine ? [model.flowOf(frame.seq)] : [],
        ),
      )
    const [line] = flow('line')
    expect(flow('profile').has(line)).toBe(true)
    expect(flow('registration').has(line)).toBe(true)
    expect(flow('outgoingCall').has(line)).toBe(false)
    expect(flow('subscription').has(line)).toBe(false)
  })
})

describe('findings', () => {
  it('say in a sentence why a subscription, a publication and a profile failed', () => {
    const said = model.findings().map(({ kind, severity, title, text }) => [kind, severity, title, text])
    expect(said).toEqual([
      [
        'interval-too-brief',
        'warning',
        'PUBLISH 423 Interval Too Brief',
        'A lifetime of 60 s is too short for the peer: the least is 3600 s.',
      ],
      [
        'failure',
        'failure',
        'SUBSCRIBE 489 Bad Event',
        'The peer does not offer the event package dialog; it offers presence.',
      ],
      [
        'timer-n',
        'failure',
        'Timer N fired',
        expect.stringMatching(
          /^The SUBSCRIBE of subscription\.\d+ was accepted, and no NOTIFY came in time\.$/,
        ),
      ],
      ['auth-loop', 'failure', 'Auth loop', expect.stringContaining('the password may be wrong')],
      [
        'profile-failed',
        'failure',
        'Profile failed',
        'Nothing registers the address until somebody enables its profile again; all who used it were told.',
      ],
    ])
  })
})

describe('the ladder of a subscription', () => {
  it('names the package and what each NOTIFY says, and how the subscription moved by it', () => {
    const rows = rowsOf('alice → carol, presence').flatMap(row =>
      row.kind === 'arrow'
        ? [
            [
              row.label,
              ...row.chips.filter(({ kind }) => kind === 'S').map(({ to }) => to.split('.')[2] ?? to),
            ],
          ]
        : [],
    )
    expect(rows.map(([label]) => label)).toEqual([
      'SUBSCRIBE presence',
      '200 OK 3600 s',
      'NOTIFY pending',
      '200 OK',
      'NOTIFY active',
      '200 OK',
      'SUBSCRIBE presence, 0 s',
      '200 OK 0 s',
      'NOTIFY terminated',
      '200 OK',
    ])
    expect(rows.flatMap(([label, to]) => (to === undefined ? [] : [label]))).toEqual([
      'SUBSCRIBE presence',
      'NOTIFY pending',
      'NOTIFY active',
      'SUBSCRIBE presence, 0 s',
      'NOTIFY terminated',
    ])
  })

  it('has the thick line of a dialog as long as there is one', () => {
    const id = model.flows().find(({ title }) => title === 'alice → carol, presence')!.id
    expect(model.ladder(id).lifelines.map(({ is }) => is)).toEqual(['confirmed', 'none'])
  })

  it('shows Timer N where it fired', () => {
    expect(rowsOf('alice → bob, presence').at(-1)).toMatchObject({
      kind: 'moved',
      label: 'timerN',
      timer: true,
    })
  })

  it('calls a silence what it was', () => {
    const silence = rowsOf('carol → alice, presence').find(row => row.kind === 'silence')
    expect(silence).toMatchObject({ label: 'subscribed' })
  })
})

describe('as text', () => {
  it('tells how subscriptions stand and not how their machine is made', () => {
    const whole = text.join('\n')
    for (const words of [
      'SUBSCRIBE presence, 3600 s',
      'NOTIFY pending, 3600 s',
      'NOTIFY terminated, timeout',
      'PUBLISH presence, 60 s',
      'subscription ● → notifyWait',
      'subscription notifyWait → pending',
      'subscription pending → active',
      'notifier asked → active',
      'profile ● → registering',
      'line starting → active',
    ])
      expect(whole).toContain(words)
    expect(whole).not.toMatch(/(?:subscription|notifier) .*(?:live|held)/)
  })

  it('shows what moved without a message at the time at which it did, all of one run together', () => {
    const at = text.findIndex(
      line => line.includes('subscription notifyWait → terminated') && line.startsWith(' 37.'),
    )
    expect(text.slice(at + 1, at + 3).join('\n')).toMatch(
      /refresh active → terminated[\s\S]*dialog confirmed → term/,
    )
    const failed = text.findIndex(line => line.includes('profile registering → unregistered'))
    expect(text[failed - 1]).toMatch(/^ 45\.\d+ .*registration registering → terminated$/)
    const times = text.flatMap(line => /^ *(\d+\.\d{3}) /.exec(line)?.[1] ?? []).map(Number)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })
})
