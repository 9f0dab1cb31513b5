/** What a profile makes of a registration. */
import type { ProfileFields, ProfileSecrets, ProfileServer, StoredProfile } from '../profiles/data.ts'
import type { KnownCredentials } from '../rules/digest-credentials.ts'
import { registeringOf } from '../rules/profile-agents.ts'
import { uriOf } from '../rules/route-set.ts'
import type { Credentials, RegistrationOptions } from './commands.ts'

/** Numbers and letters of a Contact that nobody guesses. */
export const contactUserLength = 20

const userOf = ({ privateIdentity, aors }: ProfileFields): string =>
  privateIdentity ?? uriOf(aors[0]!)!.user ?? ''

type Known = Credentials & Pick<KnownCredentials, 'only'>

const known = (
  fields: ProfileFields,
  server: ProfileServer | undefined,
  password: string | undefined,
  only: 'user' | 'proxy' | undefined,
): readonly Known[] =>
  password === undefined
    ? []
    : [
        {
          username: server?.username ?? userOf(fields),
          password,
          ...(server?.realm !== undefined && { realm: server.realm }),
          ...(only && { only }),
        },
      ]

/** One password serves both servers; of two each has its own. */
const credentialsOf = (fields: ProfileFields, secrets: ProfileSecrets): readonly Known[] => {
  const { registrarPassword, proxyPassword } = secrets
  const apart = proxyPassword !== undefined
  return [
    ...known(fields, fields.registrar, registrarPassword, apart ? 'user' : undefined),
    ...known(fields, fields.outboundProxy, proxyPassword, 'proxy'),
  ]
}

/** The options of its registration. `proxy`: the address that is tried, of those that DNS named. */
export const registrationOf = (
  { fields, secrets }: StoredProfile,
  instanceId: string,
  proxy: string | undefined,
): RegistrationOptions => {
  const { aors, registrar, outboundProxy, expires } = fields
  const registering = registeringOf(fields)
  const way = proxy ?? outboundProxy?.uri
  return {
    aor: aors[0]!,
    ...(registrar && { registrar: registrar.uri }),
    ...(way !== undefined && { outboundProxy: way }),
    expires: expires ?? registering.expires,
    credentials: credentialsOf(fields, secrets),
    headers: [...(registering.headers ?? []), ...fields.headers],
    instanceId,
    // What follows a failure the profile says.
    recover: false,
    outbound: false,
  }
}

export const contactParamsOf = ({ contactParams }: ProfileFields): string =>
  contactParams.map(param => `;${param}`).join('')
