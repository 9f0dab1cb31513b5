/**
 * Machines that use every construct the compiler claims to know, and some it hands to XState. Nothing of SIP.
 *
 * `say` is an effect that does nothing; the differential test records it.
 */
import {
  type ActorRef,
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromTransition,
  log,
  not,
  or,
  raise,
  type Snapshot,
  sendTo,
  setup,
  spawnChild,
  stateIn,
  stopChild,
} from 'xstate'

// biome-ignore lint/suspicious/noExplicitAny: events of these machines carry whatever the case needs
type Event = { type: string; [key: string]: any }
type Listener = ActorRef<Snapshot<unknown>, { type: string }>

interface Context {
  readonly owner: Listener
  readonly n: number
  readonly seen: string
}

const chain = enqueueActions(({ enqueue, check, context }) => {
  enqueue({ type: 'say', params: `chain ${context.n}` })
  if (check('odd')) enqueue('count')
  enqueue.raise({ type: 'RAISED' })
  enqueue.sendTo(context.owner, { type: 'CHAINED' })
  enqueue(({ context: now }) => void now)
})

export const everything = setup({
  types: {} as {
    context: Context
    events: Event
    input: { owner: Listener }
    emitted: Event
    output: number
  },
  actions: {
    say: (_, _what: unknown) => {},
    count: assign({ n: ({ context }, by: number | undefined) => context.n + (by ?? 1) }),
    tell: emit(({ context }) => ({ type: 'told', n: context.n })),
    later: sendTo(({ context }) => context.owner, { type: 'LATER' }, { id: 'later', delay: 700 }),
    atOnce: sendTo(
      ({ context }) => context.owner,
      ({ context, event }, what: string) => ({ type: 'ATONCE', n: context.n, why: event.type, what }),
    ),
    toSelf: sendTo(({ self }) => self, { type: 'a.b.c' }),
  },
  guards: {
    odd: ({ context }) => context.n % 2 === 1,
    above: ({ context }, floor: number) => context.n > floor,
    both: and(['odd', { type: 'above', params: 2 }]),
    either: or([not('odd'), { type: 'above', params: 5 }]),
    alias: 'odd' as never,
    inSecond: stateIn({ two: 'second' }),
  },
  delays: { short: 100, byContext: ({ context }) => 50 * (context.n + 1) },
}).createMachine({
  id: 'everything',
  options: { maxIterations: 200 },
  context: ({ input }) => ({ owner: input.owner, n: 0, seen: '' }),
  initial: 'one',
  entry: ['say', assign({ seen: 'root' })] as never,
  exit: { type: 'say', params: 'root exit' },
  after: { 9000: { actions: { type: 'say', params: 'root timer' } } },
  output: ({ context }) => context.n,
  on: {
    RAISED: { actions: { type: 'say', params: ({ event }: { event: Event }) => event.type } },
    'a.*': { actions: 'count' as never },
    'a.b.*': { actions: { type: 'count', params: 10 } },
    REMIND: { actions: [cancel('later'), 'later'] },
    END: '.done',
    RESET: { target: '.one', reenter: true },
    ROOT: { target: '#everything', reenter: true },
    '*': { actions: assign({ seen: ({ event }) => event.type }) },
  },
  states: {
    one: {
      exit: 'count' as never,
      always: [
        { guard: 'both', target: 'two.second' },
        {
          guard: ({ event }) => {
            if (event.type === 'BOOM') throw new Error('eventless guard')
            return false
          },
          target: 'two',
        },
      ],
      on: {
        GO: { target: 'two', actions: [chain, 'tell'] as never },
        PAR: 'regions',
        SELF: { target: 'one', actions: 'count' as never },
        AGAIN: { target: 'one', reenter: true },
        RAISE: {
          actions: [
            raise({ type: 'a.x' }),
            raise(({ context }) => ({ type: 'GO', n: context.n })),
            'count',
          ] as never,
        },
        DELAYED: {
          actions: [
            cancel('go'),
            cancel('later'),
            raise({ type: 'GO' }, { delay: 300, id: 'go' }),
            'later',
            cancel(({ event }) => `never-${event.type}`),
          ],
        },
        SOON: { actions: raise({ type: 'GO' }, { delay: ({ context }) => 50 * (context.n + 1) }) },
        NAMED: { actions: raise({ type: 'AGAIN' }, { delay: 'byContext' }) },
        CANCEL: { actions: [cancel('go'), cancel('later')] },
        NOW: {
          actions: [
            { type: 'atOnce', params: 'now' },
            'toSelf',
            log('said'),
            log(({ context }) => context.n, 'n'),
          ],
        },
        NOBODY: { actions: sendTo('nobody', { type: 'X' }) },
        UNDELAYED: { actions: raise({ type: 'SELF' }, { delay: 'unknownDelay' as never }) },
        CHAIN: 'pass',
        BOOM: { actions: 'count' as never },
        THROW: {
          actions: () => {
            throw new Error('effect')
          },
        },
        GUARD: {
          guard: () => {
            throw new Error('guard')
          },
          target: 'two',
        },
        MISSING: { guard: 'unknownGuard' as never, target: 'two' },
        NOGUARD: { guard: 'alias', actions: 'count' as never },
        EITHER: { guard: 'either', target: 'two' },
        PARTS: { guard: and([or(['odd', 'either']), not(stateIn('two'))]), actions: 'count' as never },
      },
      after: { byContext: [{ guard: not('odd'), target: 'two' }, { actions: 'count' as never }] },
    },
    pass: { always: { target: 'passAgain', actions: 'count' as never } },
    passAgain: { entry: { type: 'say', params: 'again' }, always: 'two' },
    two: {
      initial: { target: 'first', actions: { type: 'say', params: 'initial' } },
      entry: 'count' as never,
      exit: [{ type: 'say', params: 'leaving' }, raise({ type: 'RAISED' })],
      onDone: {
        target: 'one',
        actions: { type: 'say', params: ({ event }: { event: Event }) => event.output },
      },
      on: {
        UP: 'one',
        INNER: '.second',
        DEEP: { target: '.second', reenter: true },
        FORBID: 'one',
        WHERE: { guard: 'inSecond', actions: { type: 'say', params: 'second' } },
      },
      states: {
        first: {
          tags: ['a', 'b'],
          meta: { first: true },
          on: { NEXT: 'second', FORBID: undefined, ROUND: { target: '#everything.two', reenter: true } },
          after: { short: 'second', 250: 'third' },
        },
        second: {
          on: { NEXT: 'third', SIBLING: '#everything.one' },
          always: { guard: { type: 'above', params: 30 }, target: 'third', actions: assign({ n: 0 }) },
        },
        third: { type: 'final', output: ({ context }) => `n=${context.n}` },
      },
    },
    regions: {
      type: 'parallel',
      onDone: 'two',
      on: {
        OUT: 'one',
        BOTH: { target: ['.left.b', '.right.d'] },
        DEEPBOTH: { target: ['.left.b', '.right.d'], reenter: true },
      },
      states: {
        left: {
          initial: 'a',
          states: {
            a: { exit: 'count' as never, on: { NEXT: 'b', L: 'b' } },
            b: {
              entry: { type: 'say', params: 'b' },
              on: { NEXT: 'z', OUT: { guard: 'odd', actions: 'count' as never } },
            },
            z: { type: 'final' },
          },
        },
        right: {
          initial: 'c',
          states: {
            c: {
              tags: 'c',
              on: { NEXT: { target: 'd', actions: 'count' as never }, R: 'd' },
              after: { short: 'd' },
            },
            d: {
              always: { guard: stateIn({ regions: { left: 'z' } }), target: 'z' },
              on: { NEXT: { guard: 'odd', target: 'z' }, BACK: 'c' },
            },
            z: { type: 'final' },
          },
        },
      },
    },
    done: {
      type: 'final',
      entry: { type: 'say', params: 'done' },
      exit: { type: 'say', params: 'final exit' },
      output: 'out',
    },
  },
})

export const everythingEvents: readonly Event[] = [
  'GO PAR SELF AGAIN RAISE DELAYED SOON NAMED CANCEL NOW NOBODY UNDELAYED CHAIN BOOM THROW GUARD MISSING NOGUARD EITHER PARTS',
  'UP INNER DEEP FORBID WHERE NEXT ROUND SIBLING OUT BOTH DEEPBOTH L R BACK',
  'a.b.c a.x a a.b RAISED REMIND RESET ROOT END other xstate.error.actor.child',
]
  .flatMap(line => line.split(' '))
  .map(type => ({ type }))

/** Regions at the root, regions in regions, and transitions across them. */
export const parallel = setup({
  types: {} as { context: { n: number }; events: Event },
  actions: { say: (_, _what: unknown) => {}, count: assign({ n: ({ context }) => (context.n + 1) % 9 }) },
  guards: { even: ({ context }) => context.n % 2 === 0 },
  delays: { tick: 400 },
}).createMachine({
  id: 'parallel',
  options: { maxIterations: 200 },
  type: 'parallel',
  context: { n: 0 },
  entry: { type: 'say', params: 'in' },
  on: { '*': { actions: 'count' }, ALL: { actions: { type: 'say', params: 'all' } } },
  states: {
    flow: {
      initial: 'shut',
      states: {
        shut: { on: { OPEN: 'open', ALL: { target: 'open' } }, exit: 'count' },
        open: { on: { SHUT: 'shut', JUMP: '#parallel.task.inner.x.x2' }, after: { tick: 'shut' } },
      },
    },
    task: {
      initial: 'idle',
      states: {
        idle: { on: { RUN: 'inner', ALL: { guard: 'even', target: 'inner' } } },
        inner: {
          type: 'parallel',
          onDone: 'ended',
          on: { STOP: 'idle', JUMP: '#parallel.flow.open' },
          states: {
            x: {
              initial: 'x1',
              states: {
                x1: { on: { STEP: { target: 'x2', actions: 'count' } }, tags: 'x1' },
                x2: {
                  on: { STEP: 'x3', BACK: 'x1' },
                  always: { guard: stateIn({ flow: 'open', task: { inner: { y: 'y2' } } }), target: 'x3' },
                },
                x3: { type: 'final' },
              },
            },
            y: {
              initial: 'y1',
              states: {
                y1: {
                  on: {
                    STEP: { guard: 'even', target: 'y2' },
                    BACK: { target: '#parallel.task.inner', reenter: true },
                  },
                },
                y2: {
                  always: { guard: ({ context }) => context.n > 6, actions: assign({ n: 0 }), target: 'y3' },
                  on: { STEP: 'y3' },
                },
                y3: { type: 'final' },
              },
            },
            z: { on: { PING: { actions: { type: 'say', params: 'z' } } } },
          },
        },
        ended: { type: 'final' },
      },
    },
  },
})

export const parallelEvents: readonly Event[] = 'OPEN SHUT ALL RUN STOP STEP BACK JUMP PING other'
  .split(' ')
  .map(type => ({ type }))

/** Done at birth, with a timer armed on the way. */
export const stillborn = setup({ types: {} as { context: { n: number }; events: Event } }).createMachine({
  id: 'stillborn',
  context: { n: 0 },
  initial: 'first',
  output: ({ context }) => context.n,
  states: {
    first: {
      entry: [raise({ type: 'never' }, { delay: 10, id: 'never' }), assign({ n: 3 })],
      always: 'last',
    },
    last: { type: 'final' },
  },
})

/** Children by action: not for per-call actors, but compiled all the same. */
export const spawner = setup({
  types: {} as { context: { n: number }; events: Event },
  actors: {
    kid: fromTransition((state: number, event: Event) => (event.type === 'UP' ? state + 1 : state), 0),
  },
}).createMachine({
  id: 'spawner',
  context: { n: 0 },
  initial: 'a',
  on: {
    SPAWN: { actions: [spawnChild('kid', { id: 'kid' }), assign({ n: 1 })] },
    STOP: { actions: stopChild('kid') },
    KID: { actions: sendTo('kid', { type: 'UP' }) },
    LATER: { actions: raise({ type: 'GO' }, { delay: 500 }) },
    END: '.z',
  },
  states: { a: { on: { GO: 'b' } }, b: { on: { GO: 'a' } }, z: { type: 'final' } },
})

export const spawnerEvents: readonly Event[] = 'SPAWN STOP KID GO LATER END'
  .split(' ')
  .map(type => ({ type }))

/** What is not compiled. */
export const withHistory = createMachine({
  id: 'withHistory',
  initial: 'a',
  states: {
    a: { on: { NEXT: 'b' } },
    b: {
      initial: 'x',
      states: { x: { on: { NEXT: 'y' } }, y: {}, past: { type: 'history' } },
      on: { OUT: 'c' },
      after: { 50: 'c' },
    },
    c: { on: { BACK: 'b.past' } },
  },
})

export const withInvoke = createMachine({
  id: 'withInvoke',
  initial: 'a',
  states: {
    a: {
      invoke: { src: fromTransition((s: number) => s, 0), id: 'inner' },
      on: { NEXT: 'b' },
      after: { 50: 'b' },
    },
    b: { type: 'final' },
  },
})
