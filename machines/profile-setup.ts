/** The vocabulary of `profile.ts`: what it asks of the engine, and how it decides. Symbian SIP Profile API. */
import { assign, setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import { effect } from './effects.ts'
import {
  type Failed,
  isWanted,
  isWantedWithout,
  type ProfileContext,
  type ProfileMachineEvent,
  type ProfileMachineInput,
  taken,
  usedBy,
} from './profile-context.ts'
import {
  afterFailure,
  lacksAgreement,
  longestWait,
  movesOn,
  retryOf,
  waitAfterEnd,
} from './profile-failure.ts'
import type { ProfileTold } from './profile-told.ts'

const useOf = (event: ProfileMachineEvent) => (event as { use: string }).use

/** Names, guards and actions of `profile`. */
export const profileSetup = setup({
  types: {} as { input: ProfileMachineInput; context: ProfileContext; events: ProfileMachineEvent },
  actions: {
    /** Takes part in the connection of its network, made when there is none; answered by `network.up` as soon as that can be used. */
    attach: effect<{ network: number; plain: boolean }>('attach'),
    detach: effect('detach'),
    /** Looks for a lost network at once. */
    probe: effect('probe'),
    resolveProxies: effect('resolveProxies'),
    /** A REGISTER, by this proxy of those that were found. */
    register: effect<{ proxy: number }>('register'),
    /** The same binding with what was saved. */
    update: effect('update'),
    /** Ends its registration; answered by `registration.gone`. */
    unregister: effect('unregister'),
    registerElsewhere: effect<{ network: number }>('registerElsewhere'),
    /** The registration on the other network takes the place of the old one, which ends. */
    switchOver: effect('switchOver'),
    endMigration: effect('endMigration'),
    tell: effect<ProfileTold>('tell'),
    tellLoss: effect<{ bound: boolean }>('tellLoss'),
    noteWait: effect<{ seconds: number }>('noteWait'),
    removed: effect('removed'),
    use: assign(({ context, event }) => ({
      ...usedBy(context.uses.includes(useOf(event)) ? context.uses : [...context.uses, useOf(event)]),
      error: undefined,
      held: false,
    })),
    leave: assign(({ context, event }) => ({
      ...usedBy(context.uses.filter(use => use !== useOf(event))),
      agreed: context.agreed.filter(use => use !== useOf(event)),
      error: undefined,
    })),
    drop: assign({ uses: [], users: 0, agreed: [], held: true }),
    /** Its users are gone; it goes on by itself. */
    startOver: assign(({ context }) => ({
      ...usedBy([]),
      failures: 1,
      proxy: 0,
      proxies: 0,
      wait: longestWait(context),
    })),
    noteError: assign({ error: ({ event }) => (event as { error: SipError }).error }),
    countFailure: assign(({ context, event }) => afterFailure(context, event as Failed)),
    waitForBinding: assign({ wait: ({ context }) => waitAfterEnd(context) }),
    waitNoMore: assign({ wait: 0 }),
    nextProxy: assign(({ context }) => ({ failures: 0, proxy: context.proxy + 1 })),
    nextNetwork: assign(({ context }) => ({
      network: (context.network + 1) % context.networks,
      moves: context.moves + 1,
      proxy: 0,
      proxies: 0,
    })),
    succeed: assign({ failures: 0, moves: 0, error: undefined }),
    bind: assign({ bound: true }),
    unbind: assign({ bound: false, broken: false, offered: undefined, agreed: [] }),
    breakDown: assign({ broken: true }),
    take: assign(({ context, event }) =>
      taken(context, event as Extract<ProfileMachineEvent, { type: 'tu.save' }>),
    ),
    settle: assign({ update: 'cosmetic' }),
    /** What was tried is forgotten; why it failed is not. */
    forget: assign({ failures: 0, proxy: 0, proxies: 0, moves: 0, plain: false }),
    goWithout: assign({ plain: true }),
    found: assign({ proxy: 0, proxies: ({ event }) => (event as { proxies: number }).proxies }),
    remove: assign({ removing: true }),
    offer: assign({ offered: ({ event }) => (event as { network: number }).network, agreed: [] }),
    agree: assign(({ context, event }) => ({
      agreed: context.agreed.includes(useOf(event)) ? context.agreed : [...context.agreed, useOf(event)],
    })),
    decline: assign({ offered: undefined, agreed: [] }),
    moveOver: assign(({ context }) => ({
      network: context.offered!,
      broken: false,
      offered: undefined,
      agreed: [],
    })),
  },
  guards: {
    wanted: ({ context }) => isWanted(context),
    lastUse: ({ context, event }) => !isWantedWithout(context, useOf(event)),
    unwanted: ({ context }) => !isWanted(context),
    removing: ({ context }) => context.removing,
    lacksAgreement: ({ context, event }) => lacksAgreement(context, event as Failed),
    movesOn: ({ context, event }) => movesOn(context, event as Failed),
    again: ({ context, event }) => typeof retryOf(context, event as Failed) === 'object',
    otherProxy: ({ context, event }) =>
      retryOf(context, event as Failed) === 'elsewhere' && context.proxy + 1 < context.proxies,
    persists: ({ context, event }) =>
      retryOf(context, event as Failed) === 'elsewhere' && context.autoRegister && !context.held,
    lacksProxies: ({ context }) => context.resolves && context.proxies === 0,
    severalNetworks: ({ context }) => context.networks > 1,
    /** One new binding after the other would be ended as fast as it is made. */
    endsTooSoon: ({ event }) => event.type === 'registration.ended' && event.again && event.soon === true,
    endsAgain: ({ event }) => event.type === 'registration.ended' && event.again,
    structural: ({ context }) => context.update === 'structural',
    contactOnly: ({ context }) => context.update === 'contactOnly',
    agreedByAll: ({ context, event }) =>
      context.offered !== undefined &&
      context.uses.every(use => use === useOf(event) || context.agreed.includes(use)),
    unused: ({ context }) => context.uses.length === 0,
    arrived: ({ context }) => context.offered === undefined,
    broken: ({ context }) => context.broken,
    /** What was saved changes neither where it goes nor that it goes there. */
    keepsWay: ({ context, event }) =>
      event.type === 'tu.save' &&
      event.update !== 'structural' &&
      isWanted({ ...context, ...event.terms, held: false }),
  },
  delays: {
    retry: ({ context }) => context.wait * 1000,
    /** A network that was there and does not answer is left alone. */
    migration: 64_000,
    /** A network that is not there is looked for, the next one sooner than the only one. */
    patience: ({ context }) => (context.networks > 1 ? 5000 : 30_000),
  },
})
