/** `sipactor line`: a phone in the terminal, on a stored profile. */
import { type ConnectionOptions, isSipError, type Line } from '../index.ts'
import { exitStatus } from './exit.ts'
import type { Io, Screen } from './io.ts'
import { type PhoneCall, PhoneScreen, type PhoneWish } from './phone-screen.ts'
import { chosenProfile } from './profile-text.ts'
import { type EnableOptions, withProfiles } from './profiles.ts'
import type { Running } from './session.ts'
import { transportOf } from './ways.ts'

/** Options of `line`. */
export type LineCommandOptions = Omit<EnableOptions, 'once'>

/** A name as it is dialled: `bob` is at the domain of the profile. */
const addressOf = (whom: string, line: Line): string => {
  if (/^(sips?|tel):/i.test(whom)) return whom
  if (whom.includes('@')) return `sip:${whom}`
  return `sip:${whom}@${line.profile!.aors[0]!.replace(/^.*@/, '')}`
}

/** What the user wants of a call. What cannot be is said in one line. */
const perform = async (wish: PhoneWish, line: Line, add: (call: PhoneCall) => void): Promise<void> => {
  switch (wish.is) {
    case 'dial':
      return add(line.call({ requestUri: addressOf(wish.whom, line) }))
    case 'answer':
      return wish.call.kind === 'incomingLineCall' ? wish.call.accept() : undefined
    case 'reject':
      return wish.call.kind === 'incomingLineCall' ? wish.call.reject(603) : undefined
    case 'hold':
      return void (await (wish.call.call.held.local ? wish.call.call.resume() : wish.call.call.hold()))
    case 'hangUp':
      if (wish.call.kind === 'incomingLineCall' && wish.call.state.is === 'initiation') wish.call.reject(603)
      else await wish.call.stop()
  }
}

/** Draws whenever something has changed, and does what keys ask for. Settles when the user quits. */
const phone = (terminal: Screen, line: Line, { view }: Running): Promise<void> =>
  new Promise(resolve => {
    const screen = new PhoneScreen(line, view.paint)
    const draw = (): void => terminal.show(screen.render(terminal.columns, terminal.rows))
    const fail = (error: unknown): void => {
      if (!isSipError(error)) throw error
      screen.notice = error.message
      draw()
    }
    const add = (call: PhoneCall): void => {
      screen.add(call)
      call.state$.subscribe({ next: draw, complete: draw })
      call.call.state$.subscribe(draw)
      call.call.session$.subscribe(draw)
    }
    terminal.onKey(key => {
      const wish = screen.key(key)
      if (wish?.is === 'quit') return resolve()
      if (wish) perform(wish, line, add).then(draw, fail)
      draw()
    })
    terminal.onResize(draw)
    line.incoming$.subscribe(call => {
      add(call)
      draw()
    })
    line.progress$.subscribe(draw)
    line.start().catch(() => undefined)
  })

/** Without a terminal of its own it only says what happens. */
const narrated = async (line: Line, { view, wait, unlessInterrupted }: Running): Promise<void> => {
  line.progress$.subscribe(({ stage, error }) =>
    view.say(`line: ${stage}${error ? `, ${error.message}` : ''}`),
  )
  line.incoming$.subscribe(call => view.say(`called by ${call.params.from}`))
  await unlessInterrupted(line.start())
  await wait()
}

/** `sipactor line [profile]`. */
export const lineCommand = (
  io: Io,
  which: string | undefined,
  options: LineCommandOptions,
): Promise<number> => {
  const transport = transportOf(options)
  const connection: ConnectionOptions = {
    userAgent: 'sipactor',
    ...(options.port !== undefined && { port: options.port }),
    ...(transport !== undefined && { transports: [transport] }),
  }
  return withProfiles(io, options, connection, async running => {
    const line = running.sip.line({ profile: chosenProfile(running.sip.profiles, which) })
    const terminal = options.json || options.trace ? undefined : io.screen?.()
    try {
      if (terminal) await Promise.race([phone(terminal, line, running), running.wait()])
      else await narrated(line, running)
    } finally {
      terminal?.close()
    }
    await line.close()
    await running.view.drawn()
    return exitStatus.ok
  })
}
