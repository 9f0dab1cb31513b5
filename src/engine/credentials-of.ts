/** Whose credentials a request has by itself, and on whose behalf it goes out. RFC 3261 §22.1, §22.3. */
import {
  type Candidate,
  type KnownCredentials,
  placesOf,
  type Situation,
} from '../rules/digest-credentials.ts'
import type { Id } from './commands.ts'
import type { CredentialStore } from './credential-store.ts'
import type { AuthRecord, RegistrationEntry, RequestEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

/** The call that an entry belongs to. */
const callOf = (owner: RequestEntry['owner']) => {
  if (owner?.kind === 'call') return owner
  return owner && 'dialog' in owner && owner.dialog && 'call' in owner.dialog ? owner.dialog.call : undefined
}

/** The registration that the application named. */
const askedFrom = (owner: RequestEntry['owner']): Id | undefined => {
  switch (owner?.kind) {
    case 'standAlone':
    case 'message':
      return owner.outgoing.registration
    case 'subscription':
      return owner.party?.registration
    case 'publication':
      return owner.asked.registration
  }
  return undefined
}

/** The registration whose address of record the request is from. */
const registrationOf = (runtime: Runtime, { owner }: RequestEntry): RegistrationEntry | undefined => {
  if (owner?.kind === 'registration') return owner
  const id = askedFrom(owner) ?? callOf(owner)?.invite?.registration
  const found = id === undefined ? undefined : runtime.registry.get(id)
  return found?.kind === 'registration' ? found : undefined
}

/** The one whose knowledge a request shares: its registration, else its connection. */
export const scopeOf = (runtime: Runtime, entry: RequestEntry): Id =>
  registrationOf(runtime, entry)?.id ?? entry.connection.id

/** Credentials in the order of trying: those that were asked for, the request's, its call's, the registration's. */
export const ownCandidates = (runtime: Runtime, entry: RequestEntry, record?: AuthRecord): Candidate[] => {
  const theirs: readonly KnownCredentials[] = registrationOf(runtime, entry)?.options.credentials ?? []
  const { owner, draft } = entry
  // What was given for a call serves every request within it.
  const given = new Set<KnownCredentials>([
    ...draft.credentials,
    ...(callOf(owner)?.invite?.credentials ?? []),
  ])
  for (const credentials of theirs) given.delete(credentials)
  return [
    ...[...(record?.provided ?? []), ...given].map(
      credentials => ({ credentials, from: 'request' }) as const,
    ),
    ...theirs.map(credentials => ({ credentials, from: 'registration' }) as const),
  ]
}

/** What is remembered, as a candidate. */
export const fromCache = ({ credentials }: { readonly credentials: KnownCredentials }): Candidate => ({
  credentials,
  from: 'cache',
})

export const placesFor = ({ draft, way }: RequestEntry) => {
  const name = way?.flow.transport.name
  const secure = name === 'TLS' || name === 'WSS'
  return placesOf(draft.uri, draft.nextHop, way && { ...way.to, secure })
}

export const situationOf = (runtime: Runtime, store: CredentialStore, entry: RequestEntry): Situation => ({
  method: entry.draft.method,
  withinDialog: entry.draft.withinDialog,
  registrarRealms: store.registrarRealms(scopeOf(runtime, entry)),
})

export const emptyRecord = (): AuthRecord => ({
  tried: new Map(),
  answers: new Map(),
  headers: [],
  provided: [],
  asked: 0,
})
