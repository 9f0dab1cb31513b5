/** What is stored of a profile: the fields of the Symbian SIP Profile API under today's names, secrets apart. */
import type { HeaderPair } from '../message/types.ts'

/** What kind of service a profile is for. TSIPProfileTypeInfo. */
export interface ProfileType {
  readonly class: 'internet' | 'ims' | 'other'
  /** Name of the agent that looks after it, 1 to 25 characters: `ietf`, `ims`, or one of your own. */
  readonly name: string
}

/** A registrar or an outbound proxy of a profile. The password is in {@link ProfileSecrets}. */
export interface ProfileServer {
  /** A `sip:` or `sips:` URI. */
  readonly uri: string
  /** User name for its challenges; default: the private identity, else the user of the first AOR. */
  readonly username?: string
  /** Realm the credentials are good for; default: any that it challenges with. */
  readonly realm?: string
  /** Further settings of this server, by name. */
  readonly params?: Readonly<Record<string, string>>
}

/** A value of an extension parameter. Numbers are finite. */
export type ProfileExtension = string | number | boolean | readonly string[]

/** What a profile says. Plain data; secrets are apart, so that it may be shown, logged and exported. */
export interface ProfileFields {
  /** What people call it: the name of the provider. At most 255 characters, default empty. */
  readonly name: string
  readonly type: ProfileType
  /** Addresses of record, `sip:` or `sips:` URIs, 1 to 32; the first is the one that is registered. */
  readonly aors: readonly string[]
  /** The network it is for: name of an interface or an address of this host. Default: any. Not together with `networks`. */
  readonly network?: string
  /** Several networks, the preferred first, at most 16: it moves from one to another. */
  readonly networks?: readonly string[]
  /** Access point names, primary and secondary; kept for the application, without effect: nothing here dials. At most 2. */
  readonly apns?: readonly string[]
  /** What kind of access it may use; kept for the application, without effect: `network` and `networks` say where it goes. Default `any`. */
  readonly bearer: 'any' | 'wlan' | 'cellular'
  /** Default: the host of the first AOR. */
  readonly registrar?: ProfileServer
  /** Where all its requests go first. Default: none. */
  readonly outboundProxy?: ProfileServer
  /** The user name that the network knows the subscriber by. 3GPP TS 23.003 §13.3 */
  readonly privateIdentity?: string
  /** True: registered from the start of the engine on, whoever uses it. Default false. */
  readonly autoRegister: boolean
  /** True: security is agreed on with the first hop (RFC 3329). Default false. */
  readonly securityNegotiation: boolean
  /** Kept for the application, without effect: nobody compresses SIP any more. Default false. */
  readonly sigcomp: boolean
  /** Parameters of its Contact, as text: `+sip.ice`, `q=0.5`, `+g.oma.sip-im`. At most 64. */
  readonly contactParams: readonly string[]
  /** User part of its Contact, 20 characters. Given by the stack when the profile is first saved, and never changed. */
  readonly contactUser?: string
  /** Headers added to the requests that the stack sends for it. At most 64. */
  readonly headers: readonly HeaderPair[]
  /** Differentiated services code point, 0 to 63; kept for the application, without effect: no socket of Node can mark packets. RFC 2474 */
  readonly dscp?: number
  /** True: the outbound proxies are those that DNS names for the domain. Default false. */
  readonly resolveProxy: boolean
  /** Which smart card an IMS registration asks for; default: any, or none. */
  readonly imsPolicy?: 'usim-or-isim' | 'isim'
  /** True: users are not to change it. Kept for whoever shows it. Default false. */
  readonly locked: boolean
  /**
   * True: its owner wants `autoRegister` on the home network alone. Kept for the application, which knows what is home, and
   * switches `autoRegister` by it (`profile.save`); the stack registers wherever the profile may be. Default false.
   */
  readonly homeNetworkOnly: boolean
  /** Seconds to ask for; default: what its agent asks for. */
  readonly expires?: number
  /** Parameters of your own, at most 256, with keys of 1 to 128 characters. They keep their types. */
  readonly extensions: Readonly<Record<string, ProfileExtension>>
}

/** What a profile is made of: the addresses of record, and whatever is not as by default. */
export type ProfileInput = Pick<ProfileFields, 'aors'> & Partial<ProfileFields>

/** Passwords of a profile. Written, and never read back by an application. */
export interface ProfileSecrets {
  readonly registrarPassword?: string
  readonly proxyPassword?: string
}

/** A profile as the store has it. */
export interface StoredProfile {
  readonly id: string
  readonly fields: ProfileFields
  /** In clear here; the store seals them. */
  readonly secrets: ProfileSecrets
}

/** What a restarted engine needs to go on with the registration of a profile instead of making a second one. */
export interface StoredBinding {
  /** Id of the profile. */
  readonly profile: string
  readonly callId: string
  /** A CSeq number that no REGISTER of this Call-ID has had. */
  readonly nextCSeq: number
  /** `urn:uuid:…`. RFC 5626 §4.1 */
  readonly instanceId: string
  readonly regId?: number
  /** The Contact that is bound, as name-addr text. */
  readonly contact: string
  readonly registrar: string
  readonly grantedSeconds: number
  /** When it ends, in milliseconds of the wall clock (since 1970, UTC). */
  readonly expiresAt: number
  /** Route for its requests, as the registrar gave it. RFC 3608 */
  readonly serviceRoute?: readonly string[]
  /** P-Associated-URI, as the registrar gave it. RFC 7315 §4.1 */
  readonly associated?: readonly string[]
}
