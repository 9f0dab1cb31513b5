/** `Date`: always in GMT. RFC 3261 §20.17. */
import { malformed } from '../malformed.ts'
import type { Malformed } from '../types.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Milliseconds since 1970. */
export const date = (text: string): number | Malformed => {
  const found = /^([A-Z][a-z]{2}), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(text)
  if (found === null || !days.includes(found[1]!)) return malformed('this is not a date in GMT')
  const [day, month, year] = [Number(found[2]), months.indexOf(found[3]!), Number(found[4])]
  const [hour, minute, second] = [Number(found[5]), Number(found[6]), Number(found[7])]
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return malformed('the date is out of range')
  return Date.UTC(year, month, day, hour, minute, second)
}
