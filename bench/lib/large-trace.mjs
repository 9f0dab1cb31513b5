/** Frames as the page must bear them: calls offered to us, each with its transaction, all alive, and steps of them from then on. */

/** @param parse `parse` of `sipactor/message` */
export const largeTrace = (actors, records, parse) => {
  const frames = []
  const calls = Math.ceil(actors / 2)
  const local = { host: '192.0.2.1', port: 5060 }
  let seq = 0
  for (let at = 0; at < calls; at += 1) {
    const remote = { host: `198.51.100.${at % 250}`, port: 5060 }
    const text = [
      'INVITE sip:desk@192.0.2.1 SIP/2.0',
      `Via: SIP/2.0/UDP ${remote.host};branch=z9hG4bK${at}`,
      'Max-Forwards: 70',
      `From: <sip:user${at}@example.com>;tag=${at}`,
      'To: <sip:desk@192.0.2.1>',
      `Call-ID: large-${at}`,
      'CSeq: 1 INVITE',
      `Contact: <sip:user${at}@${remote.host}>`,
      'Content-Length: 0\r\n\r\n',
    ].join('\r\n')
    const bytes = new TextEncoder().encode(text)
    const [server, call, cause] = [`server.${at}`, `call.${at}`, ++seq]
    const wire = { direction: 'in', transport: 'UDP', local, remote }
    frames.push({ kind: 'message', seq, t: at, ...wire, message: parse(bytes), bytes, actor: server })
    const born = { kind: 'step', t: at, cause, event: 'xstate.init', parent: 'connection.1' }
    frames.push(
      { ...born, seq: ++seq, actor: server, machine: 'inviteServer', to: 'proceeding', message: cause },
      { ...born, seq: ++seq, actor: call, machine: 'incomingCall', owner: server, to: 'offered' },
    )
  }
  for (let at = 0; seq < records; at += 1) {
    const from = at < calls ? 'offered' : 'early'
    frames.push({
      kind: 'step',
      seq: ++seq,
      t: calls + at,
      actor: `call.${at % calls}`,
      machine: 'incomingCall',
      event: 'tu.provisional',
      from,
      to: 'early',
    })
  }
  return frames
}
