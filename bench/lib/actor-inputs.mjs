/** What the actors of a call are born with and told: real messages, made of the corpus. */
import { rfc3261 } from '../../dist/machines/index.js'
import { createResponse, parse } from '../../dist/src/message/index.js'
import { uasDialog } from '../../dist/src/rules/dialog.js'
import { corpus } from './corpus.mjs'

const messageOf = name => parse(corpus.find(message => message.name.includes(name)).bytes)
export const invite = messageOf('invite')
export const bye = messageOf('bye')
const headers = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(name => [name, invite.header(name)])
export const ringing = createResponse({ status: 180, headers })
export const ok = createResponse({ status: 200, headers })
export const record = uasDialog(invite, 'a6c85cf')

/** Of a server transaction over UDP. */
export const inputFor = owner => ({ owner, reliable: false, timers: rfc3261 })
export const callInput = { timers: rfc3261, autoAck: true }
