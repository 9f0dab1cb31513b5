/** The ways through `profile.ts` that its states share. Symbian SIP Profile API. */
import type { SipError } from '../src/errors.ts'
import type { ProfileContext } from './profile-context.ts'
import type { ProfileTold } from './profile-told.ts'

type Of = { context: ProfileContext }
type WithError = { event: { error: SipError } }
export const tell = (is: ProfileTold['is']) => ({ type: 'tell', params: { is } }) as const
export const tellError = (is: 'error' | 'migrationFailed') =>
  ({ type: 'tell', params: ({ event }: WithError): ProfileTold => ({ is, error: event.error }) }) as const
export const tellOffer = (is: 'migrationAvailable' | 'migrationStarted' | 'migrationCompleted') =>
  ({ type: 'tell', params: ({ context }: Of): ProfileTold => ({ is, network: context.offered! }) }) as const
export const notBound = [
  { type: 'tellLoss', params: ({ context }: Of) => ({ bound: context.bound }) },
  'unbind',
] as const

export const fatal = [tellError('error'), 'noteError', 'drop'] as const
const failing = [
  { guard: 'lacksAgreement', target: '#profile.waitingForNetwork', actions: 'goWithout' },
  { guard: 'movesOn', target: '#profile.waitingForNetwork', actions: 'nextNetwork' },
  { guard: 'again', target: '#profile.delayed', actions: 'countFailure' },
  {
    guard: 'otherProxy',
    target: '#profile.registering',
    reenter: true,
    actions: ['countFailure', 'nextProxy'],
  },
  { guard: 'persists', target: '#profile.delayed', actions: [tellError('error'), 'noteError', 'startOver'] },
  { target: '#profile.unregistering', actions: fatal },
] as const

/** Nobody wants it any more, as a save has said meanwhile: then it is no failure. */
export const failed = {
  registering: [{ guard: 'unwanted', target: '#profile.unregistering' }, ...failing],
  registered: failing,
} as const

/** Comes and goes, from the first use to the last. */
export const used = {
  'tu.enable': { actions: 'use' },
  'tu.disable': [
    { guard: 'lastUse', target: '#profile.unregistering', actions: 'leave' },
    { actions: 'leave' },
  ],
} as const
export const leaving = {
  'tu.forceDisable': { target: '#profile.unregistering', actions: [tell('forciblyDisabled'), 'drop'] },
  'tu.close': { target: '#profile.unregistering', actions: 'drop' },
  'tu.remove': { target: '#profile.unregistering', actions: 'remove' },
} as const
export const begin = { guard: 'wanted', target: '#profile.waitingForNetwork' } as const
/** A save where nothing is under way. What is left of the registration is another's when its way changes. */
export const save = {
  'tu.save': [
    { guard: 'keepsWay', actions: ['take', 'settle'] },
    { target: '#profile.unregistering', actions: 'take' },
  ],
} as const
export const lost = { 'registration.gone': '#profile.waitingForNetwork' } as const

/** Registered, and what it does there: saves in place, the move to another network. */
export const registered = {
  initial: 'settled',
  entry: [tell('registered'), 'bind'],
  always: [
    { guard: 'structural', target: '#profile.unregistering' },
    { guard: 'unwanted', target: '#profile.unregistering' },
    { guard: 'contactOnly', actions: ['update', 'settle'] },
  ],
  on: {
    ...used,
    ...leaving,
    ...lost,
    'tu.save': { actions: 'take' },
    'registration.registered': { actions: 'succeed' },
    'registration.failed': failed.registered,
    'registration.ended': [
      { guard: 'endsTooSoon', target: '#profile.delayed', actions: ['noteError', 'waitForBinding'] },
      { guard: 'endsAgain', target: '#profile.registering', actions: ['noteError', ...notBound] },
      { target: '#profile.unregistering', actions: fatal },
    ],
    'tu.disallow': { target: '.settled', actions: 'decline' },
  },
  states: {
    settled: {
      on: {
        'network.offered': [
          { guard: 'unused', target: 'migrating', actions: 'offer' },
          { actions: ['offer', tellOffer('migrationAvailable')] },
        ],
        'tu.allow': [{ guard: 'agreedByAll', target: 'migrating' }, { actions: 'agree' }],
      },
    },
    migrating: {
      entry: [
        tellOffer('migrationStarted'),
        { type: 'registerElsewhere', params: ({ context }: Of) => ({ network: context.offered! }) },
      ],
      exit: 'endMigration',
      // Not before it has switched over: what is left here is given up.
      always: { guard: 'arrived', target: 'settled' },
      after: {
        migration: [
          { guard: 'broken', target: '#profile.waitingForNetwork', actions: tell('migrationFailed') },
          { target: 'settled', actions: [tell('migrationFailed'), 'decline'] },
        ],
      },
      on: {
        // The old network may go while the new one is not there yet.
        'registration.gone': { actions: 'breakDown' },
        'registration.failed': { actions: 'breakDown' },
        'migration.registered': {
          actions: ['switchOver', tellOffer('migrationCompleted'), 'moveOver'],
        },
        'migration.failed': [
          {
            guard: 'broken',
            target: '#profile.waitingForNetwork',
            actions: tellError('migrationFailed'),
          },
          { target: 'settled', actions: [tellError('migrationFailed'), 'decline'] },
        ],
      },
    },
  },
} as const
