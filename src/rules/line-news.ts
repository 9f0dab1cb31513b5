/** What a profile is for one line that uses it. High Level API over the Profile API. */
import { SipError } from '../errors.ts'

/** What a line can see of its profile. */
export interface ProfileView {
  /** State of its machine. */
  readonly is: string
  readonly uses: readonly string[]
  /** Why it is not registered. */
  readonly error?: SipError | undefined
}

/** What the line hears. */
export type LineNews =
  | { readonly type: 'profile.registering' | 'profile.registered' | 'profile.released' }
  | { readonly type: 'profile.waiting'; readonly error?: SipError }
  | { readonly type: 'profile.dropped'; readonly error: SipError }

/**
 * `use`: that of the line. `releasing`: it has given that up, and waits for the binding to go if it was the last one. `lost`: it was
 * registered until now. Undefined: nothing yet.
 */
export const lineNews = (
  { is, uses, error }: ProfileView,
  use: string,
  { releasing, lost }: { readonly releasing: boolean; readonly lost: boolean },
): LineNews | undefined => {
  if (releasing)
    return uses.includes(use) || is === 'unregistering' ? undefined : { type: 'profile.released' }
  if (!uses.includes(use)) {
    return {
      type: 'profile.dropped',
      error: error ?? new SipError('closed', 'the profile was forced to end, or is gone'),
    }
  }
  switch (is) {
    case 'registered':
      return { type: 'profile.registered' }
    case 'registering':
    case 'unregistering':
      return { type: 'profile.registering' }
    default: {
      const why = error ?? (lost ? new SipError('transport', 'the network was lost') : undefined)
      return { type: 'profile.waiting', ...(why && { error: why }) }
    }
  }
}
