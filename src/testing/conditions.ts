/**
 * What a path does to packets: delay, loss, doubling, reordering; per direction and changeable while packets fly.
 */
import { SipError } from '../errors.ts'
import type { SeededRandom } from './seeded-random.ts'

/** A fixed number of milliseconds, or a range from which each packet draws its own. */
export type Delay = number | { readonly min: number; readonly max: number }

/** What happens to packets on their way. Everything is optional; what is absent comes from the wider setting. */
export interface Conditions {
  /** Time from sender to receiver, in milliseconds. Default 1. A range lets datagrams overtake each other. */
  readonly latency?: Delay
  /** Probability, 0 to 1, that a datagram is lost. Default 0. Streams lose nothing. */
  readonly loss?: number
  /** Probability, 0 to 1, that a datagram arrives twice. Default 0. */
  readonly duplicate?: number
  /** Probability, 0 to 1, that a datagram is held back by `delay` (default 20 ms) more, so that later ones overtake it. Default 0. */
  readonly reorder?: number | { readonly probability: number; readonly delay: Delay }
  /** Streams only: pieces of at most so many bytes arrive at once. Default: every `send` arrives as it was sent. */
  readonly segment?: number
}

/** One direction of a path. An absent side stands for every host. */
export interface Direction {
  /** IP address of the sending host; behind a NAT its own, not the outside one. */
  readonly from?: string
  /** IP address of the receiving host. */
  readonly to?: string
}

const defaultHold: Delay = 20

const checkProbability = (name: string, value: number | undefined): void => {
  if (value !== undefined && !(value >= 0 && value <= 1)) {
    throw new SipError('argument', `${name} is a probability from 0 to 1, not ${value}`)
  }
}

const checkDelay = (name: string, value: Delay | undefined): void => {
  if (value === undefined) return
  const { min, max } = typeof value === 'number' ? { min: value, max: value } : value
  if (!(min >= 0 && max >= min && max < Number.POSITIVE_INFINITY)) {
    throw new SipError('argument', `${name} is a time of 0 ms or more, or a range of such`)
  }
}

const check = (conditions: Conditions): void => {
  const { reorder } = conditions
  checkProbability('loss', conditions.loss)
  checkProbability('duplicate', conditions.duplicate)
  checkProbability('reorder', typeof reorder === 'object' ? reorder.probability : reorder)
  checkDelay('latency', conditions.latency)
  if (typeof reorder === 'object') checkDelay('the delay of reorder', reorder.delay)
  if (conditions.segment !== undefined && !(conditions.segment >= 1)) {
    throw new SipError('argument', 'segment is a number of bytes, at least 1')
  }
}

/** The settings of a network, and the dice that follow them. Dice roll only where a probability asks for it. */
export const createWeather = (random: SeededRandom, initial: Conditions) => {
  const settings = new Map<string, Conditions>()
  const key = ({ from, to }: Direction): string => `${from ?? '*'} ${to ?? '*'}`
  check(initial)
  settings.set(key({}), initial)

  /** The conditions between two hosts: the narrower setting wins, field by field. */
  const between = (from: string, to: string): Conditions =>
    settings.size === 1
      ? settings.get('* *')!
      : {
          ...settings.get('* *'),
          ...settings.get(`${from} *`),
          ...settings.get(`* ${to}`),
          ...settings.get(`${from} ${to}`),
        }

  const draw = (delay: Delay): number =>
    typeof delay === 'number'
      ? delay
      : delay.min === delay.max
        ? delay.min
        : random.between(delay.min, delay.max)

  const happens = (probability: number): boolean => probability > 0 && random.fraction() < probability

  const delayOf = (conditions: Conditions): number => {
    const { reorder = 0, latency = 1 } = conditions
    const { probability, delay } =
      typeof reorder === 'number' ? { probability: reorder, delay: defaultHold } : reorder
    return draw(latency) + (happens(probability) ? draw(delay) : 0)
  }

  return {
    set: (conditions: Conditions, direction: Direction): void => {
      check(conditions)
      settings.set(key(direction), { ...settings.get(key(direction)), ...conditions })
    },
    between,
    /** How long a piece of a stream takes. */
    latency: (from: string, to: string): number => draw(between(from, to).latency ?? 1),
    /** How long each copy of a datagram takes: none when it is lost, two when it is doubled. */
    copies: (from: string, to: string): readonly number[] => {
      const conditions = between(from, to)
      if (happens(conditions.loss ?? 0)) return []
      const first = delayOf(conditions)
      return happens(conditions.duplicate ?? 0) ? [first, delayOf(conditions)] : [first]
    },
  }
}

export type Weather = ReturnType<typeof createWeather>
