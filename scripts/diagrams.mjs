/**
 * Draws every machine as a Mermaid state diagram: docs/machines.md, made of the definitions themselves.
 *
 * `node scripts/diagrams.mjs` rewrites the page from the built machines (`npm run build` first). A test compares it with
 * the sources, so that it never tells of another version.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export const pagePath = join(root, 'docs', 'machines.md')

const idOf = node => (node.path.length === 0 ? 'all' : node.path.join('_').replaceAll('-', '_'))

const nameOf = thing =>
  typeof thing === 'string' ? thing : typeof thing === 'function' ? 'condition' : (thing?.type ?? '')

/** `after timerA`, an event, or nothing for a transition that is taken at once. */
const triggerOf = type => (type.startsWith('xstate.after.') ? `after ${type.split('.')[2]}` : type)

const actionsOf = actions => actions.map(nameOf).filter(name => name !== '' && !name.startsWith('xstate.'))

const labelOf = (transition, into) => {
  const actions = transition.target === undefined ? actionsOf(transition.actions) : []
  return [
    triggerOf(transition.eventType),
    transition.guard === undefined ? '' : `[${nameOf(transition.guard)}]`,
    into === '' ? '' : `into ${into}`,
    actions.length === 0 ? '' : `/ ${actions.join(', ')}`,
  ]
    .filter(part => part !== '')
    .join(' ')
}

const chainOf = node => (node.parent === undefined ? [node] : [...chainOf(node.parent), node])

/**
 * Where the arrow is drawn. Mermaid draws none from a state into its own inside, nor from inside one state into the
 * inside of another: such an arrow ends at the edge, and its label says where it goes on.
 */
const arrowOf = transition => {
  const { source } = transition
  const target = transition.target?.[0] ?? source
  const from = chainOf(source)
  const to = chainOf(target)
  let shared = 0
  while (shared < from.length && shared < to.length && from[shared] === to[shared]) shared += 1
  const end = to.includes(source) ? source : from.includes(target) ? target : to[shared]
  const into = end === target ? '' : target.key
  const owner = end === source || end === target ? end.parent : from[shared - 1]
  return { owner, text: line(idOf(source), idOf(end), labelOf(transition, into)) }
}

const line = (from, to, label) => `${from} --> ${to}${label === '' ? '' : ` : ${label}`}`

const everyNode = node => [node, ...Object.values(node.states).flatMap(everyNode)]

const transitionsOf = node => [...[...node.transitions.values()].flat(), ...(node.always ?? [])]

/** The machine as text of a `stateDiagram-v2`. Transitions of the machine as a whole are not in it. */
export const diagram = machine => {
  const arrows = everyNode(machine.root)
    .filter(node => node !== machine.root)
    .flatMap(transitionsOf)
    .map(arrowOf)
  const block = (node, indent) => {
    const pad = '  '.repeat(indent)
    const lines = []
    const first = node.initial?.target?.[0]
    if (first !== undefined) lines.push(`${pad}[*] --> ${idOf(first)}`)
    for (const child of Object.values(node.states)) {
      const id = idOf(child)
      if (Object.keys(child.states).length > 0) {
        lines.push(`${pad}state "${child.key}" as ${id} {`, ...block(child, indent + 1), `${pad}}`)
      } else if (id !== child.key) {
        lines.push(`${pad}state "${child.key}" as ${id}`)
      }
    }
    for (const arrow of arrows) if (arrow.owner === node) lines.push(`${pad}${arrow.text}`)
    for (const child of Object.values(node.states)) {
      if (child.type === 'final') lines.push(`${pad}${idOf(child)} --> [*]`)
    }
    return lines
  }
  return ['stateDiagram-v2', ...block(machine.root, 1)].join('\n')
}

const fromEverywhere = machine =>
  transitionsOf(machine.root).map(transition => {
    const target = transition.target?.[0]
    const where = target === undefined ? 'stays' : `goes to \`${target.key}\``
    const actions = actionsOf(transition.actions)
    return `- in every state, \`${labelOf({ ...transition, target: [] }, '')}\` ${where}${
      actions.length === 0 ? '' : ` (${actions.join(', ')})`
    }`
  })

/** What the comment at the head of a source says, without its figure. */
const headOf = source => {
  const start = source.indexOf('/**')
  const comment = source.slice(start + 3, source.indexOf('*/', start))
  const paragraphs = [[]]
  for (const raw of comment.split('\n')) {
    const text = raw.replace(/^ \* ?/, '').trimEnd()
    if (text.trim() === '') paragraphs.push([])
    else if (!text.startsWith('  ')) paragraphs.at(-1).push(text.trim())
  }
  return paragraphs.filter(lines => lines.length > 0).map(lines => lines.join(' '))
}

const sources = () =>
  readdirSync(join(root, 'machines'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
    .map(path => ({ path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))

/** The whole page, for machines by the names under which they are exported. */
export const page = machines => {
  const files = sources()
  const sections = Object.entries(machines)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, machine]) => {
      const file = files.find(({ text }) => text.includes(`export const ${name} = `))
      if (file === undefined) throw new Error(`no source of ${name} is found`)
      return [
        `## ${name}`,
        ...headOf(file.text),
        `Source: [${file.path}](../${file.path}). Chart: [machines/${name}.svg](machines/${name}.svg)`,
        ['```mermaid', diagram(machine), '```'].join('\n'),
        ...(transitionsOf(machine.root).length === 0 ? [] : [fromEverywhere(machine).join('\n')]),
      ].join('\n\n')
    })
  return `${[
    '# The machines',
    'Generated from the definitions in `machines/`, which are the truth; a test compares. An arrow is labelled with its event and [guard], `after` with the name of a delay. What a state does without leaving it stands behind a slash.',
    ...sections,
  ].join('\n\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const exported = await import(pathToFileURL(join(root, 'dist', 'machines', 'index.js')).href)
  const machines = Object.entries(exported).filter(([, value]) => value?.root?.machine === value)
  writeFileSync(pagePath, page(Object.fromEntries(machines)))
}
