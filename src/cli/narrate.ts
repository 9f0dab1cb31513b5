/** What happens in a call, in words as it comes. */
import type { Call, CallState } from '../index.ts'
import type { Session } from './session.ts'

/** A state of a call, with how it ended. */
export const endText = (state: CallState): string => {
  if (state.is !== 'terminated') return state.is
  const { by, reason, status } = state.end
  return `terminated: ${reason} by ${by}${status === undefined ? '' : `, ${status}`}`
}

const heldText = ({ local, remote }: Call['held']): string => {
  if (local && remote) return 'both on hold'
  if (local) return 'on hold by us'
  return remote ? 'on hold by the peer' : 'off hold'
}

/** Says who is on hold, whenever that changes. */
const narrateHold = (call: Call, name: string, { view }: Session): void => {
  let before = heldText({ local: false, remote: false })
  call.session$.subscribe(() => {
    const now = heldText(call.held)
    if (now === before) return
    before = now
    view.say(`${name}: ${now}`)
  })
}

/** Says every state as it comes, with the response before it; of several responses that moved the call once, the last. */
export const narrate = (call: Call, name: string, session: Session): void => {
  const { view } = session
  const lines: { state?: string; status?: string }[] = []
  const note = (what: 'state' | 'status', text: string): void => {
    const last = lines.at(-1)
    if (last && last.state === undefined) last[what] = text
    else if (lines.push({ [what]: text }) === 1) queueMicrotask(tell)
  }
  const tell = (): void => {
    for (const { state = endText(call.state), status } of lines.splice(0)) {
      view.say(
        `${name}: ${state}${status === undefined || state.startsWith('terminated') ? '' : ` (${status})`}`,
      )
    }
  }
  call.responses$.subscribe(({ status, reason }) => note('status', `${status} ${reason}`))
  call.state$.subscribe(state => {
    note('state', endText(state))
    if (state.is !== 'confirmed' || !call.sessionTimer) return
    const timer = call.sessionTimer.state
    if (timer.is !== 'running') return
    const by = timer.refresher === 'local' ? 'us' : 'the peer'
    queueMicrotask(() => view.say(`${name}: session timer ${timer.interval} s, refreshed by ${by}`))
  })
  call.events$.subscribe(event => {
    if (event.type === 'redirected') view.say(`${name}: redirected to ${event.uri}`)
    else if (event.type === 'pracked') view.say(`${name}: ringing acknowledged by PRACK`)
  })
  narrateHold(call, name, session)
}
