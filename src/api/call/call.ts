/**
 * A call: the INVITE usage of a dialog, in both directions. RFC 3261 §13 to §15, RFC 6026; CSIPInviteDialogAssoc.
 *
 * Its class is built in layers, one a file: `CallSetup` (invite, answer, end), `CallBranches` (forks, reliable
 * provisional responses), `CallSession` (hold, resume, change), and here transfer.
 */
import { CallSession } from './call-session.ts'

/**
 * A call. Outgoing: `calling → proceeding → early → confirmed`; incoming: `incoming → ringing → accepted → confirmed`;
 * both end `terminating → terminated`.
 *
 * Methods throw `resource-not-available` when the connection is closed, `not-ready` while it cannot send,
 * `invalid-dialog-state` or `invalid-transaction-state` when the call is not at that point (`can` tells beforehand),
 * `argument` and `header-not-allowed` for what they were given.
 *
 * @example
 * const call = connection.invite('sip:bob@example.com', { offer })
 * await call.established()
 * await call.hangUp()
 */
export class Call extends CallSession {}
