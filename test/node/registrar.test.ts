import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { Address } from '../../src/engine/ports.ts'
import { isMalformed, parse, type SipResponse } from '../../src/message/index.ts'
import { node } from '../../src/node/index.ts'
import { type TestRegistrar, testRegistrar } from '../../src/testing/index.ts'
import { wire } from '../support/text.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const started = async (): Promise<{
  registrar: TestRegistrar
  addressOf: (transport: string) => Address
}> => {
  const platform = node({ host: '127.0.0.1' })
  const epoch = performance.timeOrigin
  const registrar = testRegistrar({ platform, port: 0, users: { alice: 'x' }, challenge: false, epoch })
  closing.push(registrar.close)
  const addresses = await registrar.listen()
  return { registrar, addressOf: transport => addresses.find(address => address.transport === transport)! }
}

const register = (transport: string): string => wire`
  REGISTER sip:example.com SIP/2.0
  Via: SIP/2.0/${transport} 192.0.2.1:5060;branch=z9hG4bK-${transport};rport
  Max-Forwards: 70
  From: <sip:alice@example.com>;tag=1
  To: <sip:alice@example.com>
  Call-ID: ${transport}
  CSeq: 1 REGISTER
  Contact: <sip:alice@127.0.0.1>
  Content-Length: 0
`

const response = (bytes: Uint8Array): SipResponse => {
  const message = parse(bytes)
  if (isMalformed(message) || message.kind !== 'response') throw new Error('that is no response')
  return message
}

it('The test registrar serves real UDP and answers to the port the request came from (RFC 3581 §4)', async () => {
  const { registrar, addressOf } = await started()
  const { host, port } = addressOf('UDP')
  const socket = createSocket('udp4')
  closing.push(() => socket.close())
  const answer = await new Promise<Uint8Array>(resolve => {
    socket.on('message', resolve)
    socket.send(register('UDP'), port, host)
  })
  const { status, via } = response(answer)
  expect([status, via.params.get('rport')]).toEqual([200, String(socket.address().port)])
  expect(registrar.bindings('sip:alice@example.com')).toHaveLength(1)
})

it('The test registrar serves real TCP, with the date of today when told what the clock counts from', async () => {
  const { registrar, addressOf } = await started()
  const { host, port } = addressOf('TCP')
  const socket = connect(port, host)
  closing.push(() => socket.destroy())
  const answer = await new Promise<Uint8Array>(resolve => {
    socket.on('data', resolve)
    socket.write(register('TCP'))
  })
  const ok = response(answer)
  expect(ok.status).toBe(200)
  expect(Math.abs(ok.parsed('date')! - Date.now())).toBeLessThan(60_000)
  expect(registrar.log).toMatchObject([{ transport: 'TCP', from: { port: socket.localPort } }])
})
