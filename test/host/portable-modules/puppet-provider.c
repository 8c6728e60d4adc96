/*
 * A portable provider that does what its payload says, for tests that say nonsense: a byte chooses a
 * function of the host, little-endian words are its parameters. With the highest bit of the byte set,
 * every other word counts from where the payload lies; 255 ends it, and text may follow.
 */
#include "arena.h"
#include "msgpack.h"
#include "wapc.h"

#define WASI_IMPORT(name) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

WASI_IMPORT("fd_write") int32_t fd_write(uint32_t, uint32_t, uint32_t, uint32_t);
WASI_IMPORT("random_get") int32_t random_get(uint32_t, uint32_t);
WAPC_IMPORT("__console_log") void console_log(uint32_t, uint32_t);

#define BYTES(word) ((uint8_t *)(uintptr_t)(word))

static const uint8_t descriptor[] = "\x81\xa2id\xab" "acme:puppet";
static uint32_t count;

static void step(uint8_t function, const uint32_t word[8]) {
  switch (function) {
    case 0: {
      const uint32_t buffer[] = {word[0], word[1]};
      fd_write(word[3], (uint32_t)(uintptr_t)buffer, 1, word[2]);
      break;
    }
    case 1: random_get(word[0], word[1]); break;
    case 2:
      host_call(BYTES(word[0]), word[1], BYTES(word[2]), word[3], BYTES(word[4]), word[5],
                BYTES(word[6]), word[7]);
      break;
    case 3: guest_response(BYTES(word[0]), word[1]); break;
    case 4: guest_error(BYTES(word[0]), word[1]); break;
    case 5: host_response(BYTES(word[0])); break;
    case 6: host_error(BYTES(word[0])); break;
    case 7: console_log(word[0], word[1]); break;
    case 8: host_response_length(); break;
    case 9: host_error_length(); break;
    case 10: *(volatile uint32_t *)BYTES(word[0]) = word[1]; break;
    case 11: __builtin_wasm_memory_grow(0, word[1] & 15); break;
    case 12: fd_write(word[1], word[0], word[3], word[2]); break;
    case 13: __builtin_trap();
    default: break;
  }
}

static const uint8_t parameters[] = {4, 2, 8, 2, 2, 1, 1, 2, 0, 0, 2, 2, 4, 0};

static int32_t play(const uint8_t *script, uint32_t length) {
  for (uint32_t at = 0; at < length;) {
    uint8_t code = script[at++];
    if (code == 0xff) break;
    uint8_t function = (code & 0x7f) % sizeof parameters;
    uint32_t word[8] = {0};
    if (length - at < parameters[function] * 4u) break;
    for (uint32_t i = 0; i < parameters[function]; i++, at += 4) {
      word[i] = script[at] | script[at + 1] << 8 | script[at + 2] << 16 |
                (uint32_t)script[at + 3] << 24;
      if ((code & 0x80) && i % 2 == 0) word[i] += (uint32_t)(uintptr_t)script;
    }
    step(function, word);
  }
  return 1;
}

WAPC_EXPORT("__guest_call")
int32_t guest_call(uint32_t operation_length, uint32_t payload_length) {
  arena_reset();
  uint8_t *operation_bytes = arena_take(operation_length);
  uint8_t *payload = arena_take(payload_length);
  if (!operation_bytes || !payload) return 0;
  guest_request(operation_bytes, payload);
  span operation = {operation_bytes, operation_length};
  if (span_equals(operation, SPAN("Play"))) return play(payload, payload_length);
  if (span_equals(operation, SPAN("GetCapabilityDescriptor"))) {
    guest_response(descriptor, sizeof descriptor - 1);
    return 1;
  }
  if (span_equals(operation, SPAN("Count"))) count++;
  guest_response((const uint8_t *)&count, sizeof count);
  return 1;
}
