/**
 * One subject of `bench call-cost`, in a process of its own: the calls of this process share its heap with nobody.
 * usage: node --expose-gc call-cost-subject.mjs SUBJECT SECONDS [profile]; prints one JSON object.
 */
import { Session } from 'node:inspector/promises'
import { caller, inProcess } from './in-process.mjs'

const [subject, seconds, profile] = [process.argv[2], Number(process.argv[3]), process.argv[4] === 'profile']
/** Virtual calls a second: ended transactions stay for 32 s of that time. */
const rate = 3000
const live = 10_000

const server = await inProcess[subject]()
const { open, close } = caller(server)
let id = 0

const call = check => {
  const number = ++id
  close(number, open(number, check), check)
  server.advance(1000 / rate)
}
const calls = count => {
  for (let i = 0; i < count; i++) call()
}

/** CPU and elapsed microseconds of a call. */
const cost = () => {
  globalThis.gc()
  const cpu = process.cpuUsage()
  const began = performance.now()
  let count = 0
  do {
    calls(500)
    count += 500
  } while (performance.now() - began < seconds * 1000)
  const elapsed = (performance.now() - began) * 1000
  const { user, system } = process.cpuUsage(cpu)
  return { cpu: (user + system) / count, elapsed: elapsed / count }
}

const heap = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

/** Self sizes or times by function, the largest first. */
const largest = (entries, total, unit) =>
  [...entries.entries()]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 30)
    .map(([name, value]) => `${(value / total).toFixed(unit === 'B' ? 0 : 2).padStart(8)} ${unit}  ${name}`)
const nameOf = ({ functionName, url, lineNumber }) =>
  `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`

/** Bytes allocated by a call, also those that are garbage at once. Sampled. */
const allocated = async count => {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 4096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  calls(count)
  const { profile: tree } = await session.post('HeapProfiler.stopSampling')
  session.disconnect()
  const sizes = new Map()
  const walk = node => {
    const name = nameOf(node.callFrame)
    sizes.set(name, (sizes.get(name) ?? 0) + node.selfSize)
    node.children.forEach(walk)
  }
  walk(tree.head)
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  return { bytes: total / count, lines: largest(sizes, count, 'B') }
}

const timed = async count => {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  calls(count)
  const { profile: result } = await session.post('Profiler.stop')
  session.disconnect()
  const names = new Map(result.nodes.map(({ id: node, callFrame }) => [node, nameOf(callFrame)]))
  const times = new Map()
  result.samples.forEach((node, i) => {
    const name = names.get(node)
    times.set(name, (times.get(name) ?? 0) + result.timeDeltas[i])
  })
  return largest(times, count, 'µs')
}

call(true)
calls(20_000)
const { cpu, elapsed } = cost()
const lines = profile ? await timed(30_000) : []
const { bytes, lines: more } = await allocated(5000)

// Nothing is left after 32 s; what is then more is held by the calls that ended within them.
server.advance(200_000)
server.advance(200_000)
const idle = heap()
const ended = 20_000
for (let i = 0; i < ended; i++) {
  const number = ++id
  close(number, open(number))
}
const held = (heap() - idle) / ended
server.advance(200_000)
server.advance(200_000)

const empty = heap()
for (let i = 0; i < live; i++) open(++id)
// Confirmed, and the INVITE's transaction gone.
server.advance(40_000)
const alive = (heap() - empty) / live
const beside = cost()

console.log(
  JSON.stringify({ cpu, elapsed, bytes, held, alive, beside: beside.cpu, lines: [...lines, ...more] }),
)
process.exit()
