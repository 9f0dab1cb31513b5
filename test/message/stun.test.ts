/** STUN on the port of SIP: RFC 5389 §6, §15; the addresses are those of RFC 5769 §2.2 and §2.3. */
import { describe, expect, it } from 'vitest'
import { isStun, readStun, stunAnswer, stunRequest } from '../../src/message/stun.ts'

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], byte => Number.parseInt(byte, 16))
const id = hex('b7e7a701bc34d686fa87dfae')
const request = { is: 'request', id: String.fromCharCode(...id), unknown: [] } as const

describe('STUN', () => {
  it('reads the sample answers of RFC 5769 §2.2 and §2.3', () => {
    const four = hex('0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643')
    expect(readStun(four)).toEqual({
      is: 'success',
      id: request.id,
      mapped: { host: '192.0.2.1', port: 32853 },
    })
    const six = hex(
      '010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9',
    )
    expect(readStun(six)).toEqual({
      is: 'success',
      id: request.id,
      mapped: { host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 },
    })
  })

  it('writes them as well, byte by byte', () => {
    expect(stunAnswer(request, { host: '192.0.2.1', port: 32853 })).toEqual(
      hex('0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643'),
    )
    for (const host of ['2001:db8:1234:5678:11:2233:4455:6677', '2001:db8:1234:5678:0011:2233:68.85.102.119'])
      expect(stunAnswer(request, { host, port: 32853 })).toEqual(
        hex('010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9'),
      )
    const read = readStun(stunAnswer(request, { host: '2001:db8::1', port: 1 }))
    expect(read).toMatchObject({ mapped: { host: '2001:db8:0:0:0:0:0:1', port: 1 } })
  })

  it('reads its own requests, and the plain address of older servers', () => {
    expect(stunRequest(id)).toEqual(hex('000100002112a442b7e7a701bc34d686fa87dfae'))
    expect(readStun(stunRequest(id))).toEqual(request)
    const plain = hex('0101000c2112a442b7e7a701bc34d686fa87dfae00010008000113c4c0000201')
    expect(readStun(plain)).toMatchObject({ mapped: { host: '192.0.2.1', port: 5060 } })
  })

  it('refuses what it must understand and does not (§7.3.1): 420', () => {
    const asked = readStun(hex('000100082112a442b7e7a701bc34d686fa87dfae0003000400000002'))
    expect(asked).toEqual({ ...request, unknown: [3] })
    const answer = stunAnswer({ ...request, unknown: [3] }, { host: '192.0.2.1', port: 1 })
    expect(readStun(answer)).toEqual({ is: 'error', id: request.id })
    expect([...answer.subarray(20, 28)]).toEqual([0, 9, 0, 21, 0, 0, 4, 20])
  })

  it('is no SIP, and whatever is neither is nothing', () => {
    expect(isStun(new TextEncoder().encode('OPTIONS sip:a@b SIP/2.0\r\n\r\n'))).toBe(false)
    const good = hex('0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643')
    for (let length = 0; length < good.length; length += 1)
      expect(readStun(good.subarray(0, length))).toBeUndefined()
    const long = good.slice()
    long[23] = 200
    expect(readStun(long)).toBeUndefined()
    const other = good.slice()
    other[4] = 0
    expect(readStun(other)).toBeUndefined()
    const indication = good.slice()
    indication[1] = 0x11
    indication[0] = 0
    expect(readStun(indication)).toBeUndefined()
  })
})
