/** The clock port of Node. */
export { hostClock as nodeClock } from '../browser/clock.ts'
