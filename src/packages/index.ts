/** `sipactor/packages`: the bodies of event packages, read and written. RFC 3842, 3863, 4235, 3680, 4575, 3858, 3420. */

export type { StatusLine } from '../rules/sipfrag.ts'
export { formatConferenceInfo } from './conference-format.ts'
export type * from './conference-info.ts'
export { conferenceInfoType, parseConferenceInfo } from './conference-info.ts'
export { mergeConferenceInfo } from './conference-merge.ts'
export type * from './dialog-info.ts'
export { dialogInfoType, formatDialogInfo, mergeDialogInfo, parseDialogInfo } from './dialog-info.ts'
export type * from './message-summary.ts'
export { formatMessageSummary, messageSummaryType, parseMessageSummary } from './message-summary.ts'
export type * from './pidf.ts'
export { formatPidf, parsePidf, pidfType } from './pidf.ts'
export type * from './reginfo.ts'
export { formatReginfo, mergeReginfo, parseReginfo, reginfoType } from './reginfo.ts'
export {
  bodyType,
  type EventBodies,
  type EventBody,
  formatBody,
  parseBody,
  type TypedEvent,
} from './registry.ts'
export type * from './versions.ts'
export type * from './watcher-info.ts'
export { formatWatcherInfo, mergeWatcherInfo, parseWatcherInfo, watcherInfoType } from './watcher-info.ts'
export { type XmlElement, xmlLimits } from './xml.ts'
