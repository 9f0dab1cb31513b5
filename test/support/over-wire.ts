/** True in the second run of the tests: the API and its engine speak by the frames of the wire. */
export const overWire = process.env.SIPACTOR_WIRE !== undefined
