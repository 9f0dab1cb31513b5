/** The session of a call: what was offered and answered, and how it is changed. RFC 3264, RFC 3311, RFC 3261 §14. */
import { CallBranches } from './call-branches.ts'

/** What a call has to do with its session. */
export abstract class CallSession extends CallBranches {}
