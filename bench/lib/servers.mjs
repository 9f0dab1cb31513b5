/** The servers compared: each answers INVITE with 180 and 200 (with SDP), BYE with 200, over UDP on 127.0.0.1. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { has, start, stop } from './processes.mjs'
import { callsAt, port } from './sipp.mjs'
import { sofiaProgram } from './sofia.mjs'

const here = new URL('../servers/', import.meta.url)
const pathOf = name => fileURLToPath(new URL(name, here))
/**
 * Every server in Node gets the same young generation, as one would run it for thousands of calls a second: with V8's 16 MB
 * the calls in flight are promoted by each collection and pile up until a full one halts the server.
 */
const young = ['--min-semi-space-size=32', '--max-semi-space-size=64']

const node =
  (name, ...rest) =>
  () => ({ command: process.execPath, args: [...young, pathOf(name), String(port), ...rest] })
const sofia = name => () => {
  const { path, reason } = sofiaProgram(name)
  return path ? { command: path, args: [String(port)] } : { reason }
}

const kamailio = () => {
  if (!has('kamailio', '-v')) return { reason: 'kamailio is not installed' }
  const args = [
    '-f',
    pathOf('kamailio.cfg'),
    '-DD',
    '-E',
    '-l',
    `udp:127.0.0.1:${port}`,
    '-n',
    '1',
    '-m',
    '1024',
  ]
  return { command: 'kamailio', args: [...args, '-M', '64'] }
}

/** Another checkout of sipactor to compare with, when one was given. */
const baseline = process.env.SIPACTOR_BASELINE

/** Name and how to start it: `{ command, args }`, or `{ reason }` where that cannot be. */
const servers = {
  sipactor: node('sipactor.mjs'),
  ...(baseline && { baseline: node('sipactor.mjs', baseline) }),
  sip: node('npm-sip.mjs'),
  'sofia-nua': sofia('sofia-nua'),
  'sofia-nta': sofia('sofia-nta'),
  kamailio,
  'node-floor': node('node-floor.mjs'),
}

/** Those that can run here; the others are told. */
export const available = (bench, wanted, report) =>
  Object.entries(servers)
    .filter(([name]) => wanted === undefined || wanted.includes(name))
    .flatMap(([name, find]) => {
      const { command, args, reason } = find()
      if (command) return [{ name, command, args }]
      report.miss(bench, name, reason)
      return []
    })

/** True when some program has bound our port. Cannot be told where there is no /proc. */
const isTaken = () => {
  if (process.platform !== 'linux') return false
  const mark = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  return readFileSync('/proc/net/udp', 'latin1')
    .split('\n')
    .some(line => line.slice(0, 24).includes(mark))
}

/** Starts a server and warms it up with calls at a low rate. */
export const open = async ({ name, command, args }) => {
  if (isTaken()) throw new Error(`port ${port} is in use`)
  const server = start(command, args, { core: 0 })
  // Where it cannot be told, five seconds are long enough for each of them.
  for (let i = 0; i < 50 && server.isRunning() && !isTaken(); i++) await sleep(100)
  await sleep(300)
  if (!server.isRunning())
    throw new Error(`${name} did not start: ${server.output().trim().split('\n').at(-1)}`)
  try {
    const { ok, calls } = await callsAt(server, 200, 2)
    if (ok < calls / 2)
      throw new Error(`${name} answers too little: ${ok} of ${calls} calls while warming up`)
    await callsAt(server, 1000, 4)
  } catch (error) {
    await stop(server)
    throw error
  }
  return server
}
