/** `sipactor demo`: two engines and a registrar on real sockets of 127.0.0.1, and every step checked at both ends. */
import {
  type Clock,
  type Connection,
  createSip,
  type EnabledProfile,
  type ProfileStore,
  type Sip,
  type SipOptions,
} from '../index.ts'
import { type ListenAddress, memoryProfileStore, testRegistrar } from '../testing/index.ts'
import { type Account, demoSteps, type Step } from './demo-steps.ts'
import { exitStatus } from './exit.ts'
import { inspecting } from './inspect.ts'
import type { Io } from './io.ts'
import { inOrder } from './leaving.ts'
import { fileFor, record } from './record.ts'
import { createView, type View } from './view.ts'

export interface DemoOptions {
  readonly exit?: boolean | undefined
  readonly json?: boolean | undefined
  readonly full?: boolean | undefined
  readonly record?: string | undefined
}

/** How one step came out: what was seen, or what was not. */
interface Result {
  readonly name: string
  readonly ok: boolean
  readonly text: string
  readonly milliseconds: number
}

const stepLimit = 15_000
const host = '127.0.0.1'

const addressText = (addresses: readonly ListenAddress[]): string =>
  addresses.map(({ transport, host: name, port }) => `${transport.toLowerCase()} ${name}:${port}`).join('   ')

const table = ({ paint }: View, results: readonly Result[]): string[] => {
  const names = Math.max(...results.map(({ name }) => name.length))
  const texts = Math.max(...results.map(({ text }) => text.length))
  return results.map(({ name, ok, text, milliseconds }) => {
    const mark = paint(ok ? 'success' : 'failure', ok ? '✓' : '✗')
    const words = ok ? text.padEnd(texts) : paint('failure', text.padEnd(texts))
    const time = paint('quiet', `${(milliseconds / 1000).toFixed(2)} s`.padStart(8))
    return `  ${mark} ${name.padEnd(names)}  ${words}  ${time}`
  })
}

/** Runs a step, for so long at most, or until Ctrl-C. */
const perform = async ({ name, run }: Step, clock: Clock, interruption: Promise<void>): Promise<Result> => {
  const start = clock.now()
  let timer: unknown
  const limit = new Promise<never>((_, reject) => {
    const late = new Error(`not seen within ${stepLimit / 1000} s`)
    timer = clock.setTimeout(() => reject(late), stepLimit)
  })
  const cut = interruption.then(() => Promise.reject(new Error('interrupted')))
  const outcome = await Promise.race([run(), limit, cut]).then(
    text => ({ ok: true, text }),
    (error: unknown) => ({ ok: false, text: error instanceof Error ? error.message : String(error) }),
  )
  clock.clearTimeout(timer)
  cut.catch(() => undefined)
  return { name, ...outcome, milliseconds: Math.round(clock.now() - start) }
}

export const demo = async (io: Io, options: DemoOptions): Promise<number> => {
  const platform = io.platform(host)
  const { clock } = platform
  const view = createView(io, clock, {
    trace: true,
    json: options.json,
    detail: options.full ? 'full' : 'brief',
  })
  const { paint } = view
  const password = 'wonderland'
  const registrar = testRegistrar({ platform, host, port: 0, users: { alice: password, bob: password } })
  const scratch = io.profileStore && io.scratch?.()
  // Where there are no files the store is in memory: it outlives an engine all the same.
  const memory = memoryProfileStore()
  const store = (): ProfileStore =>
    scratch && io.profileStore ? io.profileStore(`${scratch.path}/profiles.db`) : memory
  const sips: Sip[] = []
  const recordings: (() => void)[] = []
  let stopInspecting: (() => Promise<void>) | undefined
  const pages: string[] = []
  const wire = { alice: [] as string[], bob: [] as string[] }
  let interrupted = false
  let stop = (): void => undefined
  const interruption = new Promise<void>(resolve => {
    stop = io.onInterrupt(() => {
      interrupted = true
      resolve()
    })
  })

  const engine = (name: 'alice' | 'bob', profiles?: SipOptions['profiles'], file: string = name): Sip => {
    const sip = createSip({ platform: io.platform(host), ...(profiles && { profiles }) })
    sips.push(sip)
    view.watch(name, sip)
    if (options.record !== undefined)
      recordings.push(record(io, fileFor(options.record, file), name, sip, clock))
    sip.trace$.subscribe(frame => {
      if (frame.kind !== 'message') return
      const { message, direction } = frame
      const what = message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`
      wire[name].push(`${direction} ${what}`)
    })
    return sip
  }
  const userAgent = 'sipactor'
  const connect = async (name: 'bob'): Promise<Connection> => {
    const connection = engine(name).connect({ user: name, userAgent })
    await connection.active()
    view.party({ name, addresses: connection.addresses })
    return connection
  }

  /** Uses the default profile of alice; its connection is known when it is registered. */
  const use = async (sip: Sip): Promise<EnabledProfile> => {
    const enabled = sip.profiles.default()!.enable()
    await enabled.registered()
    view.party({ name: 'alice', addresses: enabled.connection!.addresses })
    return enabled
  }
  let alice: Sip | undefined
  const account: Account = {
    enable: async uri => {
      const aors = ['sip:alice@sipactor.test']
      await alice!.profiles.ready()
      await alice!.profiles.admin.create(
        { name: 'Demo', aors, registrar: { uri, username: 'alice' } },
        { registrarPassword: password },
      )
      return use(alice!)
    },
    restart: async () => {
      const { port } = alice!.connections[0]!.addresses[0]!
      await alice!.close({ keepProfiles: true })
      alice = engine('alice', { store: store(), connection: { userAgent, port } }, 'alice-again')
      if (stopInspecting) {
        const stopFirst = stopInspecting
        const stopSecond = await inspecting(io, { 'alice since her restart': alice }, line =>
          pages.push(line),
        )
        stopInspecting = () => stopFirst().then(stopSecond)
      }
      await alice.profiles.ready()
      return use(alice)
    },
  }

  /** Steps in order; none is begun after Ctrl-C. */
  const performAll = async (steps: readonly Step[]): Promise<readonly Result[]> => {
    const results: Result[] = []
    for (const step of steps) {
      await view.drawn()
      if (interrupted) break
      view.heading(step.title)
      results.push(await perform(step, clock, interruption))
    }
    await view.drawn()
    return results
  }

  try {
    const registrarAt = await registrar.listen()
    view.party({ name: 'registrar', addresses: registrarAt })
    alice = engine('alice', { store: store(), connection: { userAgent } })
    // Where she is will be known when her profile has opened a connection.
    view.party({ name: 'alice', addresses: [] })
    const bob = await connect('bob')
    const parties = { registrar: registrarAt, bob: bob.addresses }
    view.say(
      `${paint('bold', 'sipactor demo')}  ${paint('quiet', 'two engines and a registrar, on real sockets')}`,
    )
    view.say(
      `  ${paint('party', 'alice'.padEnd(10))} ${paint('quiet', 'a stored profile, which opens its own connection')}`,
    )
    for (const [name, addresses] of Object.entries(parties))
      view.say(`  ${paint('party', name.padEnd(10))} ${paint('quiet', addressText(addresses))}`)

    // Whoever wants the flows alone does not stay to look at them.
    if (!options.exit && !options.json)
      stopInspecting = await inspecting(io, { alice, bob: sips[1]! }, line => pages.push(line))
    for (const line of pages) view.say(`  ${line}`)

    const steps = demoSteps({ alice: account, bob, registrar, registrarAt, clock, password, wire })
    const results = await performAll(steps)
    const passed = results.filter(({ ok }) => ok).length
    const all = passed === steps.length
    view.heading('summary')
    for (const line of table(view, results)) view.say(line)
    const verdict = `${passed} of ${steps.length} steps seen to succeed at both ends`
    view.fact(`\n  ${paint(all ? 'success' : 'failure', verdict)}`, {
      type: 'summary',
      passed,
      of: steps.length,
      steps: results,
    })
    if (!options.exit && !interrupted) {
      const [at, home] = [bob.addresses[0]!, registrarAt[0]!]
      const registrarUri = `sip:${home.host}:${home.port}`
      view.say(
        `\n  In a browser, ${paint('quiet', 'every message and state of what you saw, and of what comes:')}`,
      )
      for (const line of pages) view.say(paint('bold', `    ${line}`))
      view.say('\n  Everything stays up; Ctrl-C ends it. From another terminal:')
      view.say(paint('bold', `    ${io.program} call sip:bob@${at.host}:${at.port} --trace`))
      view.say(
        paint('bold', `    ${io.program} register alice@sipactor.test --registrar ${registrarUri} --once`),
      )
      view.say(paint('quiet', `    (the password is ${password})`))
      view.say(`\n  Next: README.md has a phone in five minutes, examples/ has programs to begin with.`)
      await interruption
    }
    if (all) return exitStatus.ok
    return interrupted ? exitStatus.interrupted : exitStatus.refused
  } finally {
    // After Ctrl-C what the end brings is shown: BYE, un-REGISTER.
    if (!interrupted) view.stop()
    try {
      await inOrder(io, clock, interruption, Promise.all(sips.map(sip => sip.close())))
    } finally {
      registrar.close()
      scratch?.remove()
      await stopInspecting?.()
      view.stop()
      stop()
    }
  }
}
