/**
 * Set up for every test file: in the run over the wire, tests are left out that ask for what only an engine in this
 * process can do. Each with its reason; all others run twice.
 */
import { beforeEach } from 'vitest'
import { overWire } from './over-wire.ts'

/** The engine refuses what the API cannot know of: in another process that is an error on the object (test/shared). */
const refusedByEngine = 'what only the engine knows is an error on the object, not thrown'
/** Actors and their contexts are those of the server: `not-supported`. */
const looksInside = 'looks at the actors, which are in another process'

/** A message is parsed anew for each event that has it. */
const sameObject = 'a message that is told twice is two objects of the same content'

const hereOnly: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^forgets a connection that the engine refuses$/, refusedByEngine],
  [/^is unknown again when the engine refuses its command$/, refusedByEngine],
  [/^can be answered after an answer that the engine refused$/, refusedByEngine],
  [/^a use that is refused leaves nothing behind$/, refusedByEngine],
  [/^that the engine refuses does not hold up the end of the Sip$/, refusedByEngine],
  [/^E11: the same event and id twice is misuse$/, refusedByEngine],
  [/^is misuse before there is one$/, refusedByEngine],
  [/^while it waits, unsubscribe ends it at once and nothing is sent$/, refusedByEngine],
  [/^E14: the message is that which came, its repeated headers/, sameObject],
  [/^D27: an UPDATE of the peer with an offer while ours is unanswered draws 491/, refusedByEngine],
  [/^D30: /, refusedByEngine],
  [/^throws argument for an offer of ours that takes one out, and sends nothing$/, refusedByEngine],
  [/^D25: a peer that does not know it gets none: `not-supported`, and nothing is sent$/, refusedByEngine],
  [/^D25: to an INVITE that requires it every provisional response is reliable$/, refusedByEngine],
  [/^D25: 16 wait for their turn, one more is `request-pending`$/, refusedByEngine],
  [/^G02: without anybody who watches the network there is nothing to ask$/, refusedByEngine],
  // What the store or a use refuses rejects the promise.
  [/^H03: one in use is not removed; afterwards it is/, refusedByEngine],
  [/^H04: another registrar: told, taken back at the old one/, refusedByEngine],
  [/^H12: extension parameters keep their types$/, refusedByEngine],
  [/^an engine without a store has no profiles and says so$/, refusedByEngine],
  [/^a password that is not given, or empty, stays; another is used at once$/, refusedByEngine],
  [/^asks anew at once, with what it is given; a body goes along once$/, refusedByEngine],
  [/^is updated with other elements, which stay$/, refusedByEngine],
  [/^leaves nothing behind: one keep-alive a flow/, looksInside],
]

if (overWire)
  beforeEach(({ task, skip }) => {
    const found = hereOnly.find(([name]) => name.test(task.name))
    if (found) skip(found[1])
  })
