/*
 * A portable provider of acme:demo, which remembers from call to call. Of WASI it imports what the
 * providers of 2020 did: fd_write and random_get.
 */
#include "arena.h"
#include "msgpack.h"
#include "wapc.h"

#define WASI_IMPORT(name) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

typedef struct {
  const uint8_t *bytes;
  uint32_t length;
} iovec;

WASI_IMPORT("fd_write")
int32_t fd_write(int32_t file, const iovec *buffers, uint32_t count, uint32_t *written);
WASI_IMPORT("random_get") int32_t random_get(uint8_t *to, uint32_t length);

#ifndef CONTRACT
#define CONTRACT "acme:demo"
#endif

static uint32_t count;
static uint8_t actor[56];
static uint32_t actor_length;
static uint8_t bound[4096];
static uint32_t bound_length;

static int32_t fail(span text) {
  guest_error(text.bytes, text.length);
  return 0;
}

static int32_t respond(span response) {
  guest_response(response.bytes, response.length);
  return 1;
}

static void print(int32_t file, span first, span second) {
  uint32_t written = 0;
  iovec buffers[] = {{first.bytes, first.length}, {second.bytes, second.length}};
  if (fd_write(file, buffers, 2, &written) != 0 || written != first.length + second.length) {
    __builtin_trap();
  }
}

static int32_t describe(void) {
  uint8_t bytes[256];
  writer to = {.bytes = bytes, .capacity = sizeof bytes};
  writer_map(&to, 6);
  writer_text(&to, SPAN("id"));
  writer_text(&to, SPAN(CONTRACT));
  writer_text(&to, SPAN("name"));
  writer_text(&to, SPAN("Demo"));
  writer_text(&to, SPAN("version"));
  writer_text(&to, SPAN("0.1.0"));
  writer_text(&to, SPAN("revision"));
  writer_uint32(&to, 1);
  writer_text(&to, SPAN("long_description"));
  writer_text(&to, SPAN("A provider for tests"));
  writer_text(&to, SPAN("supported_operations"));
  writer_byte(&to, 0x91);
  writer_map(&to, 3);
  writer_text(&to, SPAN("name"));
  writer_text(&to, SPAN("Count"));
  writer_text(&to, SPAN("direction"));
  writer_map(&to, 1);
  writer_uint32(&to, 1);
  writer_byte(&to, 0xc0);
  writer_text(&to, SPAN("doctext"));
  writer_text(&to, SPAN(""));
  return to.full ? fail(SPAN("too long")) : respond(writer_written(&to));
}

/* Keeps the payload, for the test to read, and the key of the actor, to call it. */
static int32_t bind(span payload) {
  reader from = reader_of(payload);
  reader_field(&from, SPAN("module"));
  span module = reader_text(&from);
  if (reader_failed(&from) || module.length > sizeof actor || payload.length > sizeof bound) {
    return fail(SPAN("cannot be bound"));
  }
  for (uint32_t i = 0; i < module.length; i++) actor[i] = module.bytes[i];
  for (uint32_t i = 0; i < payload.length; i++) bound[i] = payload.bytes[i];
  actor_length = module.length;
  bound_length = payload.length;
  /* As a link value REFUSE asks for. */
  for (uint32_t i = 0; i + 6 <= payload.length; i++) {
    if (span_equals((span){payload.bytes + i, 6}, SPAN("REFUSE"))) return fail(SPAN("not this one"));
  }
  print(1, SPAN("bound "), SPAN("an actor\n"));
  return respond((span){bound, 0});
}

/* Calls an actor, and passes its answer on. */
static int32_t call(span module, span operation, span payload) {
  int32_t answered = host_call(payload.bytes, 0, module.bytes, module.length, operation.bytes,
                               operation.length, payload.bytes, payload.length);
  uint32_t length = answered == 1 ? host_response_length() : host_error_length();
  uint8_t *answer = arena_take(length);
  if (!answer) return fail(SPAN("out of memory"));
  if (answered != 1) {
    host_error(answer);
    return fail((span){answer, length});
  }
  host_response(answer);
  return respond((span){answer, length});
}

/* The same, where the payload says what to call: operation, zero byte, payload. */
static int32_t ask(span module, span payload) {
  uint32_t end = 0;
  while (end < payload.length && payload.bytes[end] != 0) end++;
  if (end == payload.length) return fail(SPAN("no operation"));
  return call(module, (span){payload.bytes, end},
              (span){payload.bytes + end + 1, payload.length - end - 1});
}

static int32_t dispatch(span operation, span payload) {
#define IS(name) span_equals(operation, SPAN(name))
  if (IS("GetCapabilityDescriptor")) return describe();
  if (IS("BindActor")) return bind(payload);
  if (IS("RemoveActor")) {
    print(1, SPAN("removed"), SPAN("\n"));
    return respond((span){bound, 0});
  }
  if (IS("Bound")) return respond((span){bound, bound_length});
  if (IS("Count")) {
    uint8_t bytes[5];
    writer to = {.bytes = bytes, .capacity = sizeof bytes};
    writer_uint32(&to, ++count);
    return respond(writer_written(&to));
  }
  if (IS("Random")) {
    uint8_t bytes[16] = {0};
    if (random_get(bytes, sizeof bytes) != 0) return fail(SPAN("no random bytes"));
    return respond((span){bytes, sizeof bytes});
  }
  if (IS("Print")) {
    print(1, payload, SPAN(""));
    return respond((span){bound, 0});
  }
  if (IS("Ask")) return ask((span){actor, actor_length}, payload);
  /* Of wascc:messaging: what is published comes back, what is requested is asked in the wrong way. */
  if (IS("Publish")) return call((span){actor, actor_length}, SPAN("DeliverMessage"), payload);
  if (IS("Request")) return call((span){actor, actor_length}, SPAN("HandleRequest"), payload);
  if (IS("AskOther")) return ask(SPAN("MSOMEBODYELSE"), payload);
  if (IS("Trap")) {
    print(2, SPAN("about to "), SPAN("trap"));
    __builtin_trap();
  }
  if (IS("Spin")) {
    for (volatile uint32_t turns = 0;; turns++) {
    }
  }
  return fail(SPAN("bad dispatch"));
}

WAPC_EXPORT("__guest_call")
int32_t guest_call(uint32_t operation_length, uint32_t payload_length) {
  arena_reset();
  uint8_t *operation_bytes = arena_take(operation_length);
  uint8_t *payload_bytes = arena_take(payload_length);
  if (!operation_bytes || !payload_bytes) return fail(SPAN("out of memory"));
  guest_request(operation_bytes, payload_bytes);
  return dispatch((span){operation_bytes, operation_length}, (span){payload_bytes, payload_length});
}
