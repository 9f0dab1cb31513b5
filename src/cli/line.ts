/** `sipactor line`: a phone in the terminal, on a stored profile; where there is no terminal, one that is told by lines. */
import { merge } from 'rxjs'
import { isSipError, type Line, type Profile, type SipError } from '../index.ts'
import { type CommonOptions, type Running, userOf } from './engine.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io, Screen } from './io.ts'
import { callText, lineText, Phone, type PhoneCall } from './line-phone.ts'
import { allOver, perform } from './line-script.ts'
import { PhoneScreen, type PhoneWish } from './phone-screen.ts'
import { inProfile } from './with-profile.ts'

/** Options of `line`. */
export type LineCommandOptions = Omit<CommonOptions, 'from' | 'proxy' | 'username'>

/** Of a terminal that rings. */
const bell = '\x07'

/** What could not be done, for the user; what is a fault of ours is no word for one. */
const isRefusal = (error: unknown): error is SipError | CliError =>
  isSipError(error) || error instanceof CliError

/** Draws whenever something has changed, and does what keys ask for. Settles when the user quits. */
const onScreen = (
  io: Io,
  terminal: Screen,
  phone: Phone,
  profile: Profile,
  running: Running,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const { line } = phone
    const { view, now, sip, every, interrupted } = running
    const screen = new PhoneScreen(phone, view.paint, now)
    let over = false
    const draw = (): void => {
      if (!over) terminal.show(screen.render(terminal.columns, terminal.rows))
    }
    const fail = (error: Error): void => {
      if (!isRefusal(error)) return reject(error)
      screen.notice = error.message
      draw()
    }
    const act = async (wish: Exclude<PhoneWish, { is: 'quit' }>): Promise<void> => {
      if (wish.is === 'dial') phone.dial(wish.whom)
      else if (wish.is === 'do') await phone.act(wish.action, screen.callFor(wish.action))
      else await line.start()
    }
    if (io.env.SIPACTOR_PASSWORD === undefined) {
      const username = profile.fields.registrar?.username ?? userOf(profile.aors[0]) ?? ''
      sip.credentials.provider = async ({ realms }) => {
        const answer = screen.secret(`password of ${username} at ${realms[0]?.realm}: `)
        draw()
        const password = await answer
        return password === undefined ? undefined : { username, password }
      }
    }
    const ticking = every(1, draw)
    const end = (): void => {
      over = true
      ticking()
      resolve()
    }
    void interrupted.then(end)
    terminal.onKey(key => {
      const wish = screen.key(key)
      if (wish?.is === 'quit') return end()
      if (wish) act(wish).then(draw, fail)
      draw()
    })
    terminal.onResize(draw)
    merge(line.progress$, profile.state$, phone.changes$).subscribe(draw)
    line.incoming$.subscribe(() => {
      if (!over) terminal.show([`${bell}${screen.render(terminal.columns, terminal.rows)[0]}`])
      draw()
    })
    // What prevents it is in the state of the line.
    line.start().catch(() => undefined)
    draw()
  })

/** Says what happens, each thing once. */
const narrate = (phone: Phone, profile: Profile, { view, now }: Running): ((call: PhoneCall) => void) => {
  const { line } = phone
  const before = new Map<number, string>()
  const once = (number: number, text: string, say: () => void): void => {
    if (before.get(number) === text) return
    before.set(number, text)
    say()
  }
  const tell = (call: PhoneCall): void => {
    const { number, peer, session } = call
    const incoming = session.kind === 'incomingLineCall'
    view.fact(`call ${number} ${incoming ? 'from' : 'to'} ${peer}: ${callText(call)}`, {
      type: 'phone',
      call: number,
      direction: incoming ? 'incoming' : 'outgoing',
      peer,
      state: session.state.is,
      ...(session.state.is === 'established' && { held: session.call.held }),
      ...(session.state.is === 'terminated' && { by: session.state.by }),
      ...(session.result && { result: session.result }),
      text: callText(call),
    })
  }
  let everActive = false
  const tellLine = (): void => {
    const { is } = line.state
    everActive ||= is === 'active'
    // The first start waits for the network each time, for a moment.
    if (is === 'fresh' || (!everActive && profile.state.is === 'waitingForNetwork')) return
    const text = lineText(line, now())
    const [aor = ''] = profile.aors
    once(0, text, () => view.fact(`${aor}: ${text}`, { type: 'line', aor, stage: is, text }))
  }
  merge(line.progress$, profile.state$).subscribe(tellLine)
  phone.changes$.subscribe(call => once(call.number, callText(call), () => tell(call)))
  return tell
}

/** Takes commands from the input. Settles when they say so, or when they are at their end and no call is left. */
const commanded = (
  io: Io,
  phone: Phone,
  { view, wait }: Running,
  tell: (call: PhoneCall) => void,
): { readonly over: Promise<void>; stop(): void } => {
  let stop = (): void => undefined
  const tools = { wait, say: view.say, tell }
  const over = new Promise<void>((resolve, reject) => {
    let any = false
    let last: Promise<boolean> = Promise.resolve(false)
    const next = (line: string): void => {
      any ||= line.trim() !== ''
      last = last.then(async quit => {
        try {
          return quit || (await perform(line, phone, tools))
        } catch (error) {
          if (!isRefusal(error)) throw error
          io.err(`sipactor: ${error.message}`)
          return false
        }
      })
      last.then(quit => quit && resolve(), reject)
    }
    const end = (): void => {
      // Nobody meant to say anything where the input was empty from the start.
      if (any) last.then(() => allOver(phone)).then(resolve, reject)
    }
    stop = io.lines?.(next, end) ?? stop
  })
  return { over, stop: () => stop() }
}

/** Without a terminal of its own. Rejects when the line fails. */
const inLines = async (io: Io, phone: Phone, profile: Profile, running: Running): Promise<void> => {
  const { line } = phone
  const { wait, unlessInterrupted } = running
  const tell = narrate(phone, profile, running)
  await unlessInterrupted(line.start())
  const failed = new Promise<never>((_, reject) => {
    line
      .progress('failed')
      .subscribe(({ error }) => reject(error ?? new CliError(exitStatus.unreachable, 'the line has failed')))
  })
  const { over, stop } = commanded(io, phone, running, tell)
  try {
    await Promise.race([over, failed, wait()])
  } finally {
    stop()
  }
}

/** Ends the line, and says what that waits for. */
const closing = async (io: Io, line: Line, { every, interrupted }: Running): Promise<void> => {
  const stop = every(1, () => {
    stop()
    io.err('waiting for the peer; Ctrl-C leaves without it')
  })
  // That has words of its own.
  void interrupted.then(stop)
  try {
    await line.close()
  } finally {
    stop()
  }
}

/** `sipactor line`. */
export const lineCommand = (io: Io, options: LineCommandOptions): Promise<number> =>
  inProfile(io, options, options.profile, async (running, profile, unopened) => {
    const line: Line = running.sip.line({ profile })
    const phone = new Phone(line, running.now)
    const inWords = options.json || options.trace || options.inspect
    const terminal = inWords ? undefined : io.screen?.()
    try {
      const work = terminal
        ? onScreen(io, terminal, phone, profile, running)
        : inLines(io, phone, profile, running)
      await Promise.race([work, unopened])
    } finally {
      terminal?.close()
    }
    await closing(io, line, running)
    await running.view.drawn()
    return exitStatus.ok
  })
