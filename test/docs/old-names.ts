/**
 * What the documents of the four systems of old name: the Symbian SIP Client API, the High Level API over it, the Profile API,
 * and the SIP interfaces of Windows CE RTC. By class, or by group where a class has none; docs/coming-from.md has a row for each.
 */
const names = (text: string): readonly string[] => text.trim().split(/\s+/)
/** Those that are told by their meaning, without a name. */
const meanings = (text: string): readonly string[] => text.split(',').map(meaning => meaning.trim())

const clientApi = {
  CSIP: names(`NewL NewLC ~CSIP SupportedSecurityMechanismsL IsSigCompSupportedL NegotiatedSecurityMechanismL
    Connection SetSecurityHandlingL IsSecurityHandlingEnabled`),
  MSIPObserver: names('IncomingRequest TimedOut'),
  CSIPConnection:
    names(`NewL ~CSIPConnection GetConnectionErrorL RefreshConnection SendRequestL FetchRegistrationsL
    IapId SIP SetOptL GetLocalAddrL State`),
  'CSIPConnection::TState': names('EInit EActive ESuspended EInactive EUnavailable'),
  'CSIPConnection, inside': names(`Init ActiveResolving ActiveResolved InactiveMonitoring InactiveConnecting
    Suspended Unavailable`),
  MSIPConnectionObserver: [
    'IncomingRequest(tx)',
    'IncomingRequest(tx, dialog)',
    'IncomingResponse(tx)',
    'IncomingResponse(tx, dialogAssoc)',
    'IncomingResponse(tx, CSIPInviteDialogAssoc)',
    'IncomingResponse(tx, registration)',
    'ErrorOccured(err, txBase)',
    'ErrorOccured(err, tx, registration)',
    'ErrorOccured(err, txBase, dialogAssoc)',
    'ErrorOccured(err, refresh)',
    'ErrorOccured(err, registration)',
    'ErrorOccured(err, dialogAssoc)',
    ...names('InviteCompleted InviteCanceled ConnectionStateChanged'),
  ],
  CSIPTransactionBase: names('Type StateL IsSIPClientTransaction operator== ResponseElements Refresh'),
  CSIPClientTransaction: names('CancelAllowed CancelL'),
  CSIPServerTransaction: names('RequestElements SendResponseL ResponseAllowed'),
  'CSIPTransactionBase::TState': names(
    'ETrying ECalling EProceeding ECompleted EConfirmed ETerminated EConstructing',
  ),
  CSIPInternalStates: names('establishing early confirmed terminated'),
  CSIPRequestElements: names('To From RemoteUri Method CSeq MessageElements'),
  CSIPResponseElements: names('StatusCode ReasonPhrase From To CSeq'),
  CSIPMessageElements: names('SetUserHeaders UserHeaders SetContent Content ContentType ExtractContent'),
  CSIPDialog:
    names(`SIPDialogAssociations IsAssociated RegistrationContext Connection FromHeader ToHeader RemoteURI
    CallIdL ReuseInitialRequestData operator==`),
  'CSIPDialog::TState': names('EInit EEarly EConfirmed ETerminated'),
  CSIPDialogAssocBase: names('Dialog Type IsNonTargetRefreshRequest SendNonTargetRefreshRequestL'),
  CSIPInviteDialogAssoc: names('NewL SendInviteL SendPrackL SendUpdateL SendAckL SendByeL'),
  CSIPSubscribeDialogAssoc: names('NewL SendSubscribeL UpdateL SendUnsubscribeL SIPRefresh Event'),
  CSIPNotifyDialogAssoc: names('NewL SendNotifyL Event SubscriptionState'),
  CSIPReferDialogAssoc: names('NewL SendReferL ReferTo'),
  CSIPRefresh: names('NewL IntervalL SetIntervalL UpdateL TerminateL IsStandAlone SIPTransaction operator=='),
  'CSIPRefresh::TState': names('EInactive EActive ETerminated EConstructing'),
  CSIPRegistrationBinding:
    names(`NewL RegisterL UpdateL DeregisterL SetOutboundProxyL OutboundProxy Aor ContactHeader
    RegisteredContact SIPRefresh Connection operator== KSIPSendWithExpires KSIPCacheOutboundProxyIP`),
  MSIPRegistrationContext: names('IsContextActive ContextId'),
  CSIPHttpDigest: names('NewL SetCredentialsL IgnoreChallenge RemoveCredentials SetObserver'),
  'Observers of CSIPHttpDigest': [
    'ChallengeReceived(realm)',
    'ChallengeReceived(tx)',
    'ChallengeReceived(refresh)',
  ],
  'Security mechanisms': names('digest tls ipsec-3gpp'),
  'Error codes': names(`KErrSIPMalformedMessage KErrSIPInvalidRegistrarResponse KErrSIPRequestPending
    KErrSIPInvalidTransactionState KErrSIPInvalidDialogState KErrSIPInvalidDialogRequest KErrSIPInvalidDialogResponse
    KErrSIPTransportFailure KErrSIPNoAckReceived KErrSIPInvalidRegistrationState KErrSIPInvalidContact
    KErrSIPResourceNotAvailable KErrSIPResolvingFailure KErrSIPForbidden KErrSIPMaxCompartmentsInUse
    KErrSIPTerminatedWithResponse KErrSIPOutboundProxyNotResponding KErrSIPInvalidURIType KErrSIPICMPFailure
    KErrSIPApnSwitchNonFatalFailure KErrSipCodec* KErrSIPErrorResponse KErrArgument KErrNotFound KErrNotReady KErrInUse
    KErrCouldNotConnect KErrTimedOut KErrNotSupported KErrAlreadyExists KErrAccessDenied KErrCancel KErrDisconnected`),
  'Client resolver':
    names(`SIP_CLIENT ALLOW_STARTING SIP_HEADERS ACCEPT ACCEPT_CONTACT ALLOW_EVENTS SDP_LINES LINE RTPMAP
    MEDIA_ATTRIBUTE MatchAcceptContactsL MatchEventL MatchRequestL ConnectL CancelConnect ConnectSupported
    SupportedContentTypesL SupportedSdpMediasL AddClientSpecificHeadersForOptionsResponseL CSIPClientDiscovery`),
  'Capabilities of the platform': names('NetworkServices NetworkControl ReadUserData WriteDeviceData'),
}

const highLevelApi = {
  RConnection: [
    ...names('KAFSip TSipConnPref Open Start Stop Close'),
    'ProgressNotification',
    'WaitForIncoming',
  ],
  TCprStage: names('EFresh EStarting EActive EStopping EStopped'),
  RSubConnection: names('ECreateNew Open SetParameters Start Stop Close EventNotification'),
  RSubConParameterBundle: names(
    'KSubConnCallDescrParamsFamily KSubConAuthorisationFamily ERequested Acceptable Granted',
  ),
  CSubConSIPInviteParamSet: names('RequestUri From To Contact ContentType ContentSubType Content'),
  CSubConSIPSubscribeParamSet: names(
    'RequestUri From To Contact EventType AcceptType AcceptSubType Expires AutoRefresh',
  ),
  CSubConSIPAuthenticateParamSet: names('UserName Password Realm'),
  SIP_STATES: names('None SessionIdle SessionInitiation SessionEstablished SessionTerminated'),
  'Stimuli of a sub-connection': names(`Register UnRegister Invite Subscribe UnSubscribe Notify Ack Cancel Bye
    Trying Ringing SessionProgress 200 Reject`),
  'Results of a sub-connection': ['established', 'denied', 'not reachable'],
  'Events of a sub-connection': names(`KSubConSIPEventsUid CSubConSIPResponseEvent AuthenticationRequired
    CSubConSIPNotificationEvent`),
}

const profileApi = {
  CSIPProfileRegistry:
    names(`NewL ProfilesL ProfileL DefaultProfileL SupportedProfileTypesL EnableL Disable ForceDisable
    RefreshEnableL IsEnabled LastRegistrationError ConnectionL SIP`),
  CSIPProfile: names('Type GetParameter IsContextActive ContextId'),
  MSIPProfileRegistryObserver: names(`EProfileCreated EProfileUpdated EProfileRegistered EProfileDeregistered
    EProfileDestroyed EProfileForciblyDisabled ProfileRegistryErrorOccurred`),
  CSIPManagedProfileRegistry: names('CreateL SaveL DestroyL IsInUseL CanBePermanentlyRemoved'),
  CSIPManagedProfile: names('SetType SetParameter CloneL'),
  'Types of profiles': names('EInternet EIms EOther IETF ims'),
  'Stored fields': meanings(`id,provider name,type,AOR,IAP id,SNAP id,APN names,bearer type,sigcomp flag,
    security negotiation flag,auto-registration flag,default flag,registrar,outbound proxy,private identity,
    contact header params,contact user,extra SIP headers,DSCP,KSIPResolveProxy,IMS registration policy,locked flag,
    home-network-only auto-registration,extensions,registered flag,registered AORs,registered contact,
    negotiated mechanism,last error,context id,dynamic proxy`),
  'Status of a profile': names('EUnregistered EUnregistrationInProgress ERegistrationInProgress ERegistered'),
  'States of a profile at the server':
    names(`Unregistered RegInProg Registered UnregInProg WaitForIAP WaitForPermission
    MigratingToNewIAP UnregisteringOldIAP`),
  'States of a profile agent':
    names(`Init RegisterRequested RegistrationInProgress Registered DeregisterRequested
    DeregistrationInProgress ProxyResolvingInProgress DelayedRegisterRequested`),
  CSipProfileAlrController: names('AllowMigrationL DisallowMigrationL RefreshIapAvailabilityL'),
  'Observer of CSipProfileAlrController': names(
    'EIapAvailable EMigrationStarted EMigrationCompleted AlrError',
  ),
}

const rtc = {
  IRTCSIPEvent: names('GetSIPMessage RTC_E_NO_SIP_MESSAGE'),
  IRTCSIPMessage: names('GetFirstHeader GetHeader'),
  'Events with a message':
    names(`Info RegistrationStateChange ReInvite SessionOperationComplete SessionReferred
    SessionStateChange SubscriptionStateChange SubscriptionNotification Messaging SessionReferStatus
    UnsolicitedNotification SessionConsultantReferred SessionNotification`),
  IRTCSIPObject: names('SetAdditionalHeaderValues GetAdditionalHeaderValues'),
  IRTCClientSubscriber: names('IRTCClientSubscriber AllowDialogNotifications'),
  'Notification events': names(`IRTCSessionNotificationEvent IRTCUnsolicitedNotificationEvent
    IRTCSubscriptionNotificationEvent get_Subscription GetNotificationData Accept Reject`),
  IRTCSubscription: names(`RTCSUBC_NOT_SUBSCRIBED RTCSUBC_SUBSCRIBING RTCSUBC_SUBSCRIBED RTCSUBC_LOGGED_OFF
    RTCSUBC_ERROR RTCSUBC_UNSUBSCRIBING`),
  'IRTCSession, IRTCSession2':
    names(`Client State Type Profile Participants Answer Terminate Redirect AddParticipant
    RemoveParticipant NextRedirectedUser SendMessage SendMessageStatus AddStream RemoveStream EncryptionKey SendInfo
    PreferredSecurityLevel AnswerWithSessionDescription ReInviteWithSessionDescription`),
  IRTCSessionCallControl: names('Hold UnHold Forward Refer ReferredByURI ReferCookie IsReferred'),
  'IRTCClient, IRTCClient2':
    names(`Initialize InitializeEx Shutdown PrepareForShutdown EventFilter CreateSession
    CreateSessionWithDescription ListenForIncomingSessions NONE DYNAMIC BOTH NetworkAddresses AnswerMode
    PreferredSecurityLevel AllowedPorts ClientName EnableProfile EnableProfileEx DisableProfile GetProfile`),
  'IRTCProfile, IRTCProfile2': names(
    'Key Name XML UserURI SetCredentials State Realm AllowedAuth Basic Digest NTLM Kerberos',
  ),
  RTC_SESSION_STATE: names('IDLE INCOMING ANSWERING INPROGRESS CONNECTED DISCONNECTED HOLD REFER'),
  RTC_PARTICIPANT_STATE: names(
    'IDLE PENDING INCOMING ANSWERING INPROGRESS ALERTING CONNECTED DISCONNECTING DISCONNECTED',
  ),
  RTC_REGISTRATION_STATE: names(`NOT_REGISTERED REGISTERING REGISTERED REJECTED UNREGISTERING ERROR LOGGED_OFF
    LOCAL_PA_LOGGED_OFF REMOTE_PA_LOGGED_OFF`),
  RTC_TERMINATE_REASON: names(
    'NORMAL DND BUSY REJECT TIMEOUT SHUTDOWN INSUFFICIENT_SECURITY_LEVEL NOT_SUPPORTED',
  ),
  RTC_REINVITE_STATE: names('INCOMING SUCCEEDED FAIL'),
  RTC_SESSION_REFER_STATUS: names('REFERRING ACCEPTED ERROR REJECTED DROPPED DONE'),
  RTC_EVENT: names(`CLIENT REGISTRATION_STATE_CHANGE SESSION_STATE_CHANGE SESSION_OPERATION_COMPLETE
    PARTICIPANT_STATE_CHANGE MEDIA INTENSITY MESSAGING BUDDY WATCHER PROFILE USERSEARCH INFO GROUP MEDIA_REQUEST ROAMING
    PRESENCE_PROPERTY PRESENCE_DATA PRESENCE_STATUS SESSION_REFER_STATUS SESSION_REFERRED REINVITE`),
  'Answer mode': names('OFFER_SESSION_EVENT AUTOMATICALLY_ACCEPT AUTOMATICALLY_REJECT NOT_SUPPORTED'),
  'Types of sessions': names('PC_TO_PC PC_TO_PHONE PHONE_TO_PHONE IM MULTIPARTY_IM APPLICATION'),
  'Flags of CreateSession': names('FORCE_PROFILE FAIL_ON_REDIRECT'),
  'RTC_E_*': [
    ...meanings(`invite pending,auth header already sent,auth type not supported,invalid state,transport not supported,
    UDP size exceeded,too-small expires,TLS incompatible,invalid certificate,DNS fail,TCP fail,hold pending,refer pending`),
    ...names('RTC_E_MAX_REDIRECTS RTC_E_STATUS_*'),
  ],
}

export const oldNames: Readonly<Record<string, readonly string[]>> = {
  ...clientApi,
  ...highLevelApi,
  ...profileApi,
  ...rtc,
}
