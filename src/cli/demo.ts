/** `sipactor demo`: two engines and a registrar on real sockets of 127.0.0.1, and every step checked at both ends. */
import { type Connection, createSip, type Sip } from '../index.ts'
import { type ListenAddress, testRegistrar } from '../testing/index.ts'
import { demoSteps } from './demo-steps.ts'
import { exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { createView, type View } from './view.ts'

export interface DemoOptions {
  readonly exit?: boolean | undefined
  readonly json?: boolean | undefined
  readonly full?: boolean | undefined
}

/** How one step came out. */
interface Result {
  readonly name: string
  readonly seen?: string
  readonly problem?: string
  readonly milliseconds: number
}

const stepLimit = 15_000
const host = '127.0.0.1'

const addressText = (addresses: readonly ListenAddress[]): string =>
  addresses.map(({ transport, host: name, port }) => `${transport.toLowerCase()} ${name}:${port}`).join('   ')

const table = (view: View, results: readonly Result[]): string[] => {
  const { paint } = view
  const names = Math.max(...results.map(({ name }) => name.length))
  const texts = Math.max(...results.map(({ seen, problem }) => (seen ?? problem ?? '').length))
  return results.map(({ name, seen, problem, milliseconds }) => {
    const mark = problem === undefined ? paint('success', '✓') : paint('failure', '✗')
    const text = (seen ?? problem ?? '').padEnd(texts)
    const time = `${(milliseconds / 1000).toFixed(2)} s`.padStart(8)
    return `  ${mark} ${name.padEnd(names)}  ${problem === undefined ? text : paint('failure', text)}  ${paint('quiet', time)}`
  })
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
  const registrar = testRegistrar({ platform, host, port: 0, users: { alice: password } })
  const sips: Sip[] = []
  const wire = { alice: [] as string[], bob: [] as string[] }
  let interrupted = false
  const interruption = new Promise<void>(resolve => {
    io.onInterrupt(() => {
      interrupted = true
      resolve()
    })
  })

  const engine = async (name: 'alice' | 'bob'): Promise<Connection> => {
    const sip = createSip({ platform: io.platform(host) })
    sips.push(sip)
    view.watch(name, sip)
    sip.trace$.subscribe(frame => {
      if (frame.kind !== 'message') return
      const { message, direction } = frame
      const what = message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`
      wire[name].push(`${direction} ${what}`)
    })
    const connection = sip.connect({ user: name, userAgent: 'sipactor demo' })
    await connection.active()
    view.party({ name, addresses: connection.addresses })
    return connection
  }

  const close = async (): Promise<void> => {
    if (!interrupted) view.stop()
    await Promise.all(sips.map(sip => sip.close()))
    registrar.close()
    view.stop()
  }

  const results: Result[] = []
  try {
    const registrarAt = await registrar.listen()
    view.party({ name: 'registrar', addresses: registrarAt })
    const alice = await engine('alice')
    const bob = await engine('bob')
    view.say(
      paint('bold', 'sipactor demo') + paint('quiet', '  real sockets, the whole stack, nothing simulated'),
    )
    for (const [name, addresses] of [
      ['registrar', registrarAt],
      ['alice', alice.addresses],
      ['bob', bob.addresses],
    ] as const)
      view.say(`  ${paint('party', name.padEnd(10))} ${paint('quiet', addressText(addresses))}`)

    for (const { name, title, run } of demoSteps({
      alice,
      bob,
      registrar,
      registrarAt,
      clock,
      password,
      wire,
    })) {
      await view.drawn()
      if (interrupted) break
      view.heading(title)
      const start = clock.now()
      const result = await withLimit(run(), interruption).then(
        seen => ({ name, seen }),
        (error: unknown) => ({ name, problem: error instanceof Error ? error.message : String(error) }),
      )
      results.push({ ...result, milliseconds: clock.now() - start })
    }
    await view.drawn()
    const passed = results.filter(({ problem }) => problem === undefined).length
    const total = results.length
    view.heading('summary')
    for (const line of table(view, results)) view.say(line)
    const verdict = `${passed} of ${total} steps seen to succeed at both ends`
    view.fact(`\n  ${passed === total ? paint('success', verdict) : paint('failure', verdict)}`, {
      type: 'summary',
      steps: results,
      passed,
      total,
    })
    if (!options.exit && !interrupted) {
      const at = bob.addresses[0]!
      view.say(
        `\n  bob stays and answers: ${paint('bold', `npx sipactor call sip:bob@${at.host}:${at.port}`)}   Ctrl-C ends`,
      )
      await interruption
    }
    return passed === total && !interrupted
      ? exitStatus.ok
      : interrupted && passed === total
        ? exitStatus.ok
        : exitStatus.refused
  } finally {
    await close()
  }

  async function withLimit(step: Promise<string>, cut: Promise<void>): Promise<string> {
    let timer: unknown
    const limit = new Promise<never>((_, reject) => {
      timer = clock.setTimeout(() => reject(new Error(`not seen within ${stepLimit / 1000} s`)), stepLimit)
    })
    const stopped = cut.then(() => Promise.reject(new Error('interrupted')))
    try {
      return await Promise.race([step, limit, stopped])
    } finally {
      clock.clearTimeout(timer)
    }
  }
}
