/** Applications that are programs of this host, as a file says it: started for a request when they do not run. */
import { spawn } from 'node:child_process'
import { SipError } from '../errors.ts'
import { checkCapabilities } from '../rules/capabilities.ts'
import { type ApplicationOptions, checkApplications } from './applications.ts'

/** What a file says of one application. */
interface Program {
  readonly capabilities?: ApplicationOptions['capabilities']
  readonly command?: string
  readonly args?: readonly string[]
}

const fields: readonly string[] = ['capabilities', 'command', 'args']

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0')

/** Settles when it runs, or has ended well, as one does that goes on in the background; rejects when it cannot be started, or fails. */
const start = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, ...env },
    })
    child.on('error', reject)
    child.on('exit', code =>
      code === 0 ? resolve() : reject(new Error(`${command} has ended with ${code}`)),
    )
    child.unref()
  })

const readProgram = (
  client: string,
  given: unknown,
  env: Readonly<Record<string, string>>,
): ApplicationOptions => {
  const wrong = (text: string): SipError => new SipError('argument', `the application ${client}: ${text}`)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong('it is no object')
  const unknown = Object.keys(given).find(name => !fields.includes(name))
  if (unknown !== undefined) throw wrong(`it has no ${unknown}, but ${fields.join(', ')}`)
  const { capabilities, command, args = [] } = given as Program
  if (capabilities !== undefined) checkCapabilities(capabilities, `the capabilities of ${client}`)
  if (command === undefined && args.length > 0) throw wrong('there are args and no command')
  if (command !== undefined && (!isText(command) || command === '')) throw wrong('the command is no text')
  if (!Array.isArray(args) || !args.every(isText)) throw wrong('the args are no list of texts')
  return {
    client,
    ...(capabilities && { capabilities }),
    ...(command !== undefined && { launch: () => start(command, args, env) }),
  }
}

/**
 * What the text of a file says: `{ "<name>": { "capabilities": { … }, "command": "/usr/bin/phone", "args": [] } }`. `env` is given to the
 * programs besides what the server itself has. Throws `argument` for what makes no sense.
 */
export const readApplications = (
  text: string,
  env: Readonly<Record<string, string>> = {},
): readonly ApplicationOptions[] => {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (cause) {
    throw new SipError('argument', 'the applications are not JSON', { cause })
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new SipError('argument', 'the applications are not an object by their names')
  return checkApplications(
    Object.entries(given).map(([client, program]) => readProgram(client, program, env)),
  )
}
