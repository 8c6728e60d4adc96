/**
 * The nine functions a waPC host gives an actor. Every parameter is a byte offset or a byte length
 * in this module's memory. Only those that are used end up as imports.
 *
 * AssemblyScript decorates functions, which TypeScript has no syntax for: hence what editors are told to
 * ignore.
 */

/** Copies the operation and the payload of the current call to two places large enough for them. */
// @ts-ignore: decorator
@external('wapc', '__guest_request')
export declare function guestRequest(operation: usize, payload: usize): void

/** Hands over the result of the current call; the host copies it before this returns. */
// @ts-ignore: decorator
@external('wapc', '__guest_response')
export declare function guestResponse(start: usize, length: usize): void

/** Hands over why the current call failed, as UTF-8. */
// @ts-ignore: decorator
@external('wapc', '__guest_error')
export declare function guestError(start: usize, length: usize): void

/** Calls out, and returns once there is an answer: 1 for success, anything else for failure. */
// @ts-ignore: decorator
@external('wapc', '__host_call')
export declare function hostCall(
  link: usize,
  linkLength: usize,
  namespace: usize,
  namespaceLength: usize,
  operation: usize,
  operationLength: usize,
  payload: usize,
  payloadLength: usize,
): i32

/** How long the answer to the last host call is. */
// @ts-ignore: decorator
@external('wapc', '__host_response_len')
export declare function hostResponseLength(): usize

/** Copies the answer to the last host call. */
// @ts-ignore: decorator
@external('wapc', '__host_response')
export declare function hostResponse(start: usize): void

/** How long the error of the last host call is. */
// @ts-ignore: decorator
@external('wapc', '__host_error_len')
export declare function hostErrorLength(): usize

/** Copies the error of the last host call, as UTF-8. */
// @ts-ignore: decorator
@external('wapc', '__host_error')
export declare function hostError(start: usize): void

/** Writes one line of UTF-8 to the host's log. */
// @ts-ignore: decorator
@external('wapc', '__console_log')
export declare function consoleLog(start: usize, length: usize): void
