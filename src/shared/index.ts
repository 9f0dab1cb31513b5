/**
 * `sipactor/shared`: one engine for many applications of a user, in a process of its own that is started when it is needed.
 *
 * @example
 * import { attachSip } from 'sipactor/shared'
 *
 * const sip = await attachSip({ clientId: 'phone' })
 */
export type { ClientCapabilities, MediaCapability } from '../rules/capabilities.ts'
export type { ApplicationOptions, ClientMatcher } from './applications.ts'
export { AttachedSip, type AttachmentState, attachSip } from './attach.ts'
export type { AttachOptions, StartOptions } from './attach-options.ts'
export type { Candidate, Claim, ClaimHook, Unclaimed } from './claims.ts'
export { defaultSocket } from './place.ts'
export { readApplications } from './programs.ts'
export type { ServerStatus, StatusObject, WireLimits } from './protocol.ts'
export { type Scope, scopes } from './scopes.ts'
export { type RunningSharedServer, type ServeSharedOptions, serveShared } from './serve.ts'
export type { Access } from './server.ts'
export { serverStatus } from './status.ts'
export { byToken, readTokens } from './tokens.ts'
