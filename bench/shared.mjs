/**
 * `bench shared`: the shared server beside an engine in the application's process. Calls and commands a second of 10
 * clients, and how long the 200 to an INVITE takes at 500 calls a second; then 200 processes killed while they call.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { chosen, median, spread } from './lib/rounds.mjs'

const program = fileURLToPath(new URL('lib/shared-subject.mjs', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))
const clients = 10
const calls = 100
const commands = 20_000
const rate = 500

/** A process of the subject; `said` is its next line. */
const start = given => {
  const child = spawn(process.execPath, [program, JSON.stringify(given)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', piece => {
      text += piece
      if (text.includes('\n')) resolve(JSON.parse(text.split('\n')[0]))
    })
    child.on('close', code => reject(new Error(`the ${given.role} ended with ${code}`)))
  })
  said.catch(() => undefined)
  return { said, stop: () => child.kill('SIGKILL') }
}

const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 0\r\n'

/** Milliseconds from INVITE to 200, at a fixed rate, by a caller that knows nothing but these texts. */
const latency = async (port, seconds) => {
  const udp = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  await new Promise(resolve => udp.bind(0, '127.0.0.1', resolve))
  const own = udp.address().port
  const sent = new Map()
  const times = []
  const text = (method, number, seq, to, body = '') =>
    [
      `${method} sip:a@127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${method}${number}`,
      'Max-Forwards: 70',
      `From: <sip:b@127.0.0.1:${own}>;tag=${number}`,
      `To: <sip:a@127.0.0.1:${port}>${to}`,
      `Call-ID: ${number}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:b@127.0.0.1:${own}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  udp.on('message', bytes => {
    const now = performance.now()
    const answer = bytes.toString('latin1')
    if (!answer.startsWith('SIP/2.0 200') || !/\r\nCSeq: 1 INVITE/i.test(answer)) return
    const number = Number(/\r\nCall-ID: (\d+)/i.exec(answer)[1])
    const begun = sent.get(number)
    if (begun === undefined) return
    sent.delete(number)
    times.push(now - begun)
    const tag = /\r\nTo: [^\r]*(;tag=[^\r;]+)/i.exec(answer)[1]
    const target = port
    udp.send(text('ACK', number, 1, tag), target, '127.0.0.1')
    udp.send(text('BYE', number, 2, tag), target, '127.0.0.1')
  })
  const begun = performance.now()
  await new Promise(resolve => {
    let number = 0
    const timer = setInterval(() => {
      const due = Math.min(rate * seconds, ((performance.now() - begun) / 1000) * rate)
      for (; number < due; number += 1) {
        sent.set(number, performance.now())
        udp.send(text('INVITE', number, 1, '', sdp), port, '127.0.0.1')
      }
      if (number < rate * seconds) return
      clearInterval(timer)
      setTimeout(resolve, 1000)
    }, 1)
  })
  udp.close()
  // The first second warms up.
  const warm = times.slice(Math.min(rate, Math.floor(times.length / 2))).sort((a, b) => a - b)
  const at = share => warm[Math.min(warm.length - 1, Math.floor(warm.length * share))]
  return { median: at(0.5), p99: at(0.99), missing: sent.size }
}

const round = async (subject, folder, seconds) => {
  const socket = subject === 'shared' ? join(folder, 's') : undefined
  const running = []
  try {
    if (socket) {
      running.push(start({ role: 'server', socket }))
      await running[0].said
    }
    const callee = start({ role: 'callee', socket })
    running.push(callee)
    const { port } = await callee.said
    const figures = await latency(port, seconds)
    const callers = start({
      role: 'callers',
      socket,
      clients,
      calls,
      commands,
      uri: `sip:a@127.0.0.1:${port}`,
    })
    running.push(callers)
    return { ...figures, ...(await callers.said) }
  } finally {
    for (const { stop } of running) stop()
  }
}

export const run = async ({ subjects, rounds = 3, seconds = 5, kills = 200 }, report) => {
  const medians = {}
  for (const { name: subject } of chosen([{ name: 'in-process' }, { name: 'shared' }], subjects)) {
    report.say(`shared: ${subject} …`)
    const results = []
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-bench-'))
    chmodSync(folder, 0o700)
    try {
      for (let turn = 0; turn < rounds; turn += 1) results.push(await round(subject, folder, seconds))
    } catch (error) {
      report.fail('shared', subject, error.message)
      continue
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const add = (bench, key, unit, what) => {
      const values = results.map(result => result[key])
      report.add(bench, subject, median(values), unit, [what, spread(values)].filter(Boolean).join('; '))
    }
    add(
      'shared.calls',
      'callsPerSecond',
      'calls/s',
      `${clients} clients, ${calls} calls each, one after the other`,
    )
    add('shared.commands', 'commandsPerSecond', 'commands/s', 'of one client, until all are carried out')
    add('shared.answer', 'median', 'ms', `INVITE to 200 at ${rate} calls/s, median`)
    add('shared.answer.p99', 'p99', 'ms', 'the same, 99 of 100 are faster')
    if (subject === 'shared') add('shared.trip', 'trip', 'ms', 'question and answer over the socket')
    medians[subject] = median(results.map(result => result.median))
  }
  if (medians.shared !== undefined && medians['in-process'] !== undefined)
    report.add(
      'shared.adds',
      'shared',
      medians.shared - medians['in-process'],
      'ms',
      'to the answer to an INVITE, at the median; to be under 1',
    )
  if (subjects && !subjects.includes('kills')) return
  report.say(`shared: ${kills} kills …`)
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/node/shared-kills.test.ts'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, SIPACTOR_KILLS: String(kills) } },
  )
  if (status === 0) report.add('shared.kills', 'shared', kills, 'kills', 'nothing left at the peer')
  else
    report.fail('shared.kills', 'shared', stdout.split('\n').find(line => line.includes('Error')) ?? 'failed')
}
