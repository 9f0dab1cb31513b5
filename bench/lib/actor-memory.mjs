/** Bytes of heap of one live INVITE server transaction. usage: node --expose-gc actor-memory.mjs sipactor|xstate */
import { inputFor, ok, ringing } from './actor-inputs.mjs'
import { compiledKind, stockKind } from './actor-kinds.mjs'

const kind = process.argv[2] === 'sipactor' ? compiledKind() : stockKind()
const count = 50_000
const actors = new Array(count)

const answered = () => {
  const actor = kind.spawn('inviteServer', inputFor(kind.parent))
  actor.send({ type: 'tu.provisional', response: ringing })
  actor.send({ type: 'tu.success', response: ok })
  return actor
}
const heap = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

answered()
const before = heap()
for (let i = 0; i < count; i++) actors[i] = answered()
console.log((heap() - before) / actors.length)
