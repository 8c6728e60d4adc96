/*
 * waPC: the functions that a host gives a module. Pointers and lengths are bytes of this module's
 * memory; whatever is out of bounds ends the call with a trap.
 */
#ifndef WAPC_H
#define WAPC_H

#include <stdint.h>

/* Actors for wasmCloud hosts of 2021 and later are compiled with -DWAPC_MODULE="\"wasmbus\"". */
#ifndef WAPC_MODULE
#define WAPC_MODULE "wapc"
#endif

#define WAPC_IMPORT(name) __attribute__((import_module(WAPC_MODULE), import_name(name)))
#define WAPC_EXPORT(name) __attribute__((export_name(name)))

/* Copies operation and payload of the call to two places; __guest_call was told how long they are. */
WAPC_IMPORT("__guest_request") void guest_request(uint8_t *operation, uint8_t *payload);

/* Hands over the result, which the host copies at once. */
WAPC_IMPORT("__guest_response") void guest_response(const uint8_t *bytes, uint32_t length);

/* Hands over why the call failed, as UTF-8. */
WAPC_IMPORT("__guest_error") void guest_error(const uint8_t *text, uint32_t length);

/* Calls out: 1 if there is a response, anything else if there is an error. */
WAPC_IMPORT("__host_call")
int32_t host_call(const uint8_t *link, uint32_t link_length,
                  const uint8_t *contract, uint32_t contract_length,
                  const uint8_t *operation, uint32_t operation_length,
                  const uint8_t *payload, uint32_t payload_length);

WAPC_IMPORT("__host_response_len") uint32_t host_response_length(void);
WAPC_IMPORT("__host_response") void host_response(uint8_t *to);
WAPC_IMPORT("__host_error_len") uint32_t host_error_length(void);
WAPC_IMPORT("__host_error") void host_error(uint8_t *to);

#endif
