/** baresip as a peer, steered and watched over its control port (netstrings of JSON). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { host } from './party.ts'
import { freePort } from './ports.ts'
import { type Program, start, within } from './program.ts'

const configuration = fileURLToPath(new URL('../baresip', import.meta.url))

export interface Baresip {
  readonly program: Program
  readonly port: number
  /** Types of what it told so far: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED` … */
  readonly events: readonly string[]
  /** Settles when it has told that. */
  readonly told: (type: string, ms?: number) => Promise<void>
  /** A command of its menu: `accept`, `hangup`, `dial`. Settles when it has answered. */
  readonly command: (command: string, params?: string) => Promise<void>
}

/** Cuts netstrings (`5:hello,`) out of a stream. */
const netstrings = (take: (text: string) => void): ((bytes: Buffer) => void) => {
  let rest = Buffer.alloc(0)
  return bytes => {
    rest = Buffer.concat([rest, bytes])
    for (;;) {
      const colon = rest.indexOf(':')
      if (colon < 0) return
      const end = colon + 1 + Number(rest.toString('latin1', 0, colon))
      if (rest.length <= end) return
      take(rest.toString('utf8', colon + 1, end))
      rest = rest.subarray(end + 1)
    }
  }
}

/** Starts baresip on free ports. It takes calls when this settles. */
export const baresip = async (): Promise<Baresip> => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-baresip-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [port, control, media] = [await freePort(), await freePort(), await freePort()]
  const config = readFileSync(join(configuration, 'config'), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace('SIP_PORT', String(port))
    .replace('CONTROL_PORT', String(control))
    .replace('RTP_PORTS', `${media}-${media + 10}`)
  writeFileSync(join(folder, 'config'), config)
  for (const file of ['accounts', 'contacts'])
    writeFileSync(join(folder, file), readFileSync(join(configuration, file)))

  const events: string[] = []
  const program = start('baresip', ['-f', folder], { more: () => events.join(' ') })
  await program.wrote('baresip is ready')
  const socket = connect({ host, port: control })
  onTestFinished(() => void socket.destroy())
  const watchers = new Set<() => void>()
  let answers = 0
  const until = (condition: () => boolean, ms: number, complaint: string): Promise<void> => {
    let look = (): void => {}
    const met = new Promise<void>(resolve => {
      look = () => condition() && resolve()
    })
    watchers.add(look)
    look()
    return within(met, ms, complaint).finally(() => watchers.delete(look))
  }
  socket.on(
    'data',
    netstrings(text => {
      const { event, response, type } = JSON.parse(text) as Readonly<Record<string, unknown>>
      if (event === true) events.push(String(type))
      if (response === true) answers += 1
      for (const look of watchers) look()
    }),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    program,
    port,
    events,
    told: (type, ms = 5000) => until(() => events.includes(type), ms, `baresip did not tell ${type}`),
    command: (command, params = '') => {
      const wanted = answers + 1
      const text = JSON.stringify({ command, params, token: String(wanted) })
      socket.write(`${Buffer.byteLength(text)}:${text},`)
      return until(() => answers >= wanted, 5000, `baresip did not answer ${command}`)
    },
  }
}
