/** The branches of a call: early dialogs, forks, reliable provisional responses. RFC 3261 §12.1, §13.2.2; RFC 3262. */
import { CallSetup } from './call-setup.ts'

/** What a call has to do with the branches of its INVITE. */
export abstract class CallBranches extends CallSetup {}
