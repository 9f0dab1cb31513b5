/** SIPp scenarios from small steps, for both roles: what XML files would say again and again is said here once. */
import type { SippOptions } from './sipp.ts'
import {
  contact,
  type Demands,
  kept,
  message,
  type Parts,
  reply,
  request,
  response,
  type Step,
  send,
} from './steps.ts'

export { audio, contact, kept, label, pause, reply, request, response, type Step } from './steps.ts'

/** Tag of SIPp as callee. */
export const ownTag = '[pid]SIPp[call_number]'

/** SIPp is called. Its dialog is made by `invited`, and answered by `answer`, also when other requests came between. */
export const callee = {
  /** Awaits the INVITE. */
  invited: (demands: Demands = {}): Step =>
    request('INVITE', { ...demands, route: true, keep: [...kept('invite'), ...(demands.keep ?? [])] }),

  /** Awaits a re-INVITE, which `answer(…, 'again')` answers. */
  reinvited: (demands: Demands = {}): Step =>
    request('INVITE', { ...demands, keep: [...kept('again'), ...(demands.keep ?? [])] }),

  /** Answers the INVITE; a final answer is repeated until its ACK comes. */
  answer: (
    status: number,
    parts: Parts = {},
    { tag = ownTag, of = 'invite', repeat = status >= 200 } = {},
  ): Step =>
    send(
      message(`SIP/2.0 ${status} SIPp`, status < 300 ? [['Contact', contact]] : [], parts, [
        `Via:[$${of}Via]`,
        ...(of === 'invite' ? ['[last_Record-Route:]'] : []),
        `From:[$${of}From]`,
        `To:[$${of}To]${of === 'invite' ? `;tag=${tag}` : ''}`,
        'Call-ID: [call_id]',
        `CSeq:[$${of}CSeq]`,
      ]),
      repeat,
    ),

  /** A request in that dialog; `refused`: the ACK for a refusal. */
  request: (
    method: string,
    cseq: number,
    parts: Parts = {},
    { refused = false, lacksContact = false } = {},
  ): Step =>
    inDialog(method, cseq, parts, [`From:[$inviteTo];tag=${ownTag}`, 'To:[$inviteFrom]'], {
      refused,
      lacksContact,
    }),
} as const

const via = (cseq: number, method: string): string =>
  `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-${cseq}-${method}`

const inDialog = (
  method: string,
  cseq: number,
  parts: Parts,
  parties: readonly string[],
  { refused, lacksContact }: { readonly refused: boolean; readonly lacksContact: boolean },
): Step =>
  send(
    message(
      `${method} [next_url] SIP/2.0`,
      [
        ['Call-ID', '[call_id]'],
        ['CSeq', `${cseq} ${method}`],
        ...(lacksContact ? [] : [['Contact', contact] as const]),
        ['Max-Forwards', '70'],
      ],
      parts,
      [via(cseq, refused ? 'INVITE' : method), '[routes]', ...parties],
    ),
    method !== 'ACK',
  )

const callerFrom = '"SIPp" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]'
const called = '<sip:[service]@[remote_ip]:[remote_port]>'

/** SIPp calls. */
export const caller = {
  invite: (parts: Parts = {}, { method = 'INVITE', cseq = 1, lacksContact = false } = {}): Step =>
    send(
      message(
        `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
        [
          ['From', callerFrom],
          ['To', called],
          ['Call-ID', '[call_id]'],
          ['CSeq', `${cseq} ${method}`],
          ...(lacksContact ? [] : [['Contact', contact] as const]),
          ['Max-Forwards', '70'],
        ],
        parts,
        [via(cseq, method === 'CANCEL' ? 'INVITE' : method)],
      ),
      true,
    ),

  /** ACK for a refusal of the first INVITE: of the same transaction. §17.1.1.3 */
  ackRefusal: (cseq = 1): Step =>
    send(
      message(
        'ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
        [
          ['From', callerFrom],
          ['Call-ID', '[call_id]'],
          ['CSeq', `${cseq} ACK`],
          ['Max-Forwards', '70'],
        ],
        {},
        [via(cseq, 'INVITE'), '[last_To:]'],
      ),
      false,
    ),

  /** A request in the dialog. */
  request: (
    method: string,
    cseq: number,
    parts: Parts = {},
    { refused = false, lacksContact = false } = {},
  ): Step =>
    inDialog(method, cseq, parts, [`From: ${callerFrom}`, `To: ${called}[peer_tag_param]`], {
      refused,
      lacksContact,
    }),
} as const

/** The end of a call that SIPp made: it hangs up. */
export const hangsUp = (cseq: number): readonly Step[] => [caller.request('BYE', cseq), response(200)]

/** The end of a call in either role: we hang up. */
export const hungUp: readonly Step[] = [request('BYE'), reply(200)]

/** The scenario as SIPp reads it. */
export const scenario = (...steps: readonly Step[]): Pick<SippOptions, 'scenario'> => {
  const text = steps.join('\n')
  const assigned = [...text.matchAll(/assign_to="([^"]*)"/g)].flatMap(([, names = '']) => names.split(','))
  const used = [...new Set(assigned)].join(',')
  return {
    scenario:
      '<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="steps">\n' +
      `${text}\n${used && `<Reference variables="${used}"/>\n`}</scenario>\n`,
  }
}
