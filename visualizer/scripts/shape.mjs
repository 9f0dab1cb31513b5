/**
 * A machine as flat, plain data: states by their dotted paths, transitions with all they say. What layouts are made of,
 * and what the page knows of a machine.
 */

const nameOf = thing =>
  typeof thing === 'string'
    ? thing
    : (thing?.type ?? (typeof thing === 'function' ? thing.name || 'condition' : ''))

const effectsOf = actions => actions.map(nameOf).filter(name => name !== '' && !name.startsWith('xstate.'))

const delayOf = (node, type) => node.after.find(({ eventType }) => eventType === type)?.delay

const transitionOf = (node, transition) => {
  const delay = delayOf(node, transition.eventType)
  const guard = transition.guard === undefined ? undefined : nameOf(transition.guard)
  const actions = effectsOf(transition.actions)
  return {
    from: node.path.join('.'),
    ...(transition.target === undefined ? {} : { to: transition.target[0].path.join('.') }),
    event: transition.eventType,
    ...(delay === undefined ? {} : { after: typeof delay === 'number' ? String(delay) : nameOf(delay) }),
    ...(guard === undefined ? {} : { guard }),
    ...(actions.length === 0 ? {} : { actions }),
  }
}

const everyNode = node => [node, ...Object.values(node.states).flatMap(everyNode)]

const stateOf = node => ({
  id: node.path.join('.'),
  key: node.key,
  node: node.id,
  type: node.type,
  ...(node.parent?.path.length > 0 ? { parent: node.parent.path.join('.') } : {}),
  ...(node.parent?.initial?.target?.[0] === node ? { initial: true } : {}),
  ...(effectsOf(node.entry).length === 0 ? {} : { entry: effectsOf(node.entry) }),
  ...(effectsOf(node.exit).length === 0 ? {} : { exit: effectsOf(node.exit) }),
})

/** The shape of an XState 5 machine. */
export const shapeOf = machine => {
  const nodes = everyNode(machine.root)
  return {
    machine: machine.id,
    states: nodes.filter(node => node !== machine.root).map(stateOf),
    transitions: nodes.flatMap(node =>
      [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map(each =>
        transitionOf(node, each),
      ),
    ),
  }
}
