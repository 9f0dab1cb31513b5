/** The algorithms of a SIM. 3GPP TS 35.206; for tests alone. */
import { createCipheriv } from 'node:crypto'

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, at) => byte ^ b[at]!)

/** By `bits`, a multiple of 8, to the left. */
const rotate = (block: Uint8Array, bits: number): Uint8Array =>
  block.map((_, at) => block[(at + bits / 8) % 16]!)

const last = (value: number): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, at) => (at === 15 ? value : 0))

export interface Sim {
  readonly k: Uint8Array
  readonly op: Uint8Array
}

export const milenage = ({ k, op }: Sim, rand: Uint8Array) => {
  const encrypt = (block: Uint8Array): Uint8Array => {
    const cipher = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false)
    return new Uint8Array(Buffer.concat([cipher.update(block), cipher.final()]))
  }
  const opc = xor(encrypt(op), op)
  const temp = encrypt(xor(rand, opc))
  const out = (bits: number, constant: number): Uint8Array =>
    xor(encrypt(xor(rotate(xor(temp, opc), bits), last(constant))), opc)
  const second = out(0, 1)
  /** f1 in the first half, f1* in the second. */
  const first = (sqn: Uint8Array, amf: Uint8Array): Uint8Array => {
    const in1 = Uint8Array.from([...sqn, ...amf, ...sqn, ...amf])
    return xor(encrypt(xor(temp, rotate(xor(in1, opc), 64))), opc)
  }
  return {
    res: second.slice(8),
    ak: second.slice(0, 6),
    ck: out(32, 2),
    ik: out(64, 4),
    /** AK of a resynchronisation. */
    akStar: out(96, 8).slice(0, 6),
    mac: (sqn: Uint8Array, amf: Uint8Array) => first(sqn, amf).slice(0, 8),
    macStar: (sqn: Uint8Array, amf: Uint8Array) => first(sqn, amf).slice(8),
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, at) => byte === b[at])

const amf = (text = 'b9b9'): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

/** What the network sends: RAND and AUTN. TS 33.102 §6.3.2 */
export const challengeOf = (sim: Sim, rand: Uint8Array, sqn: Uint8Array): Uint8Array => {
  const { ak, mac } = milenage(sim, rand)
  return Uint8Array.from([...xor(sqn, ak), ...amf(), ...mac(sqn, amf())])
}

/** What the SIM says to it: its response, or `auts` when the number is not beyond its own. TS 33.102 §6.3.3 */
export const simAnswers = (sim: Sim, known: Uint8Array, rand: Uint8Array, autn: Uint8Array) => {
  const { ak, akStar, mac, macStar, res, ck, ik } = milenage(sim, rand)
  const sqn = xor(autn.slice(0, 6), ak)
  if (!same(autn.slice(8), mac(sqn, autn.slice(6, 8)))) return undefined
  if (Buffer.compare(sqn, known) > 0) return { res, ck, ik }
  return { auts: Uint8Array.from([...xor(known, akStar), ...macStar(known, amf('0000'))]) }
}
