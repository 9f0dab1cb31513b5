/**
 * When the next REGISTER may go to a target: a fixed rate, so that many accounts do not arrive at once. In milliseconds.
 *
 * What renews a binding goes before what makes one, so that none is lost while many wait; but every fourth turn is for
 * those who wait for their first, so that they are not kept out.
 */

/** How one target is paced. */
export interface Pace {
  /** Not before this, on the engine's clock. */
  readonly nextAt: number
  /** Turns that went to renewals since others had one. */
  readonly renewals: number
}

export const unpaced: Pace = { nextAt: Number.NEGATIVE_INFINITY, renewals: 0 }

/** Renewals in a row while others wait. */
const renewalsInRow = 3

/** After a REGISTER has gone out at `now`. `rate` a second. */
export const spend = (pace: Pace, now: number, rate: number): Pace => ({
  ...pace,
  nextAt: Math.max(pace.nextAt, now) + 1000 / rate,
})

/** Milliseconds until the next may go. */
export const waitFor = ({ nextAt }: Pace, now: number): number => Math.max(0, nextAt - now)

/** Whose turn it is: a renewal's, or another's. */
export const turnOf = (pace: Pace, waiting: { readonly renewals: boolean; readonly others: boolean }) =>
  waiting.renewals && !(waiting.others && pace.renewals >= renewalsInRow) ? 'renewal' : 'other'

/** After a turn was given. */
export const given = (pace: Pace, to: 'renewal' | 'other'): Pace => ({
  ...pace,
  renewals: to === 'renewal' ? pace.renewals + 1 : 0,
})
