/*
 * Counts the visits of each path in a key-value store, as actors/kvcounter does: /visits is counted
 * under :visits. Freestanding C: no library, no WASI, the functions of wapc.h and nothing else.
 *
 *   clang --target=wasm32 -std=c11 -Oz -ffreestanding -nostdlib \
 *     -Wl,--no-entry -Wl,-z,stack-size=16384 -o kvcounter.wasm kvcounter.c
 *   wash-ts claims sign kvcounter.wasm -q -k
 *
 * Signed with the keys of the actor in AssemblyScript, and a higher revision, it takes its place while
 * that runs: wash-ts update.
 */
#include "arena.h"
#include "msgpack.h"
#include "wapc.h"

/* Room for what a message has besides what came with the call. */
#define MESSAGE_BYTES 256u

static int32_t fail(span text) {
  guest_error(text.bytes, text.length);
  return 0;
}

/* Ends the call with what was wrong in a message: "malformed HandleRequest: ... at byte 7". */
static int32_t fail_malformed(span what, const reader *message) {
  uint8_t bytes[MESSAGE_BYTES];
  writer text = {.bytes = bytes, .capacity = sizeof bytes};
  writer_raw(&text, SPAN("malformed "));
  writer_raw(&text, what);
  writer_raw(&text, SPAN(": "));
  writer_raw(&text, message->problem);
  writer_raw(&text, SPAN(" at byte "));
  writer_decimal(&text, message->problem_position);
  return fail(writer_written(&text));
}

static int32_t respond(const writer *response) {
  if (response->full) return fail(SPAN("response too long"));
  guest_response(response->bytes, response->length);
  return 1;
}

/* The path of an HTTP request; the reader fails where the request is not whole. */
static span read_path(reader *request) {
  enum { METHOD = 1, PATH = 2, QUERY = 4, ALL = 7 };
  uint32_t seen = 0;
  span path = {0};
  for (uint32_t left = reader_map(request); left > 0 && !reader_failed(request); left--) {
    span key = reader_text(request);
    if (span_equals(key, SPAN("path"))) {
      path = reader_text(request);
      seen |= PATH;
      continue;
    }
    if (span_equals(key, SPAN("method"))) seen |= METHOD;
    if (span_equals(key, SPAN("queryString"))) seen |= QUERY;
    reader_skip(request);
  }
  if (seen != ALL) reader_fail(request, SPAN("field missing"));
  return path;
}

/* Adds one to the counter of a path; false if the call has ended with an error. */
static bool count_visit(span path, int32_t *visits) {
  uint8_t *key = arena_take(path.length);
  uint8_t *bytes = arena_take(path.length + MESSAGE_BYTES);
  if (!key || !bytes) return fail(SPAN("out of memory"));
  for (uint32_t i = 0; i < path.length; i++) key[i] = path.bytes[i] == '/' ? ':' : path.bytes[i];

  writer request = {.bytes = bytes, .capacity = path.length + MESSAGE_BYTES};
  writer_map(&request, 2);
  writer_text(&request, SPAN("key"));
  writer_text(&request, (span){key, path.length});
  writer_text(&request, SPAN("value"));
  writer_uint32(&request, 1);

  span link = SPAN("default"), contract = SPAN("wascc:keyvalue"), operation = SPAN("Add");
  int32_t answered =
      host_call(link.bytes, link.length, contract.bytes, contract.length,
                operation.bytes, operation.length, request.bytes, request.length);
  uint32_t length = answered == 1 ? host_response_length() : host_error_length();
  uint8_t *answer = arena_take(length);
  if (!answer) return fail(SPAN("out of memory"));
  if (answered != 1) {
    if (length == 0) return fail(SPAN("host call failed"));
    host_error(answer);
    return fail((span){answer, length});
  }
  host_response(answer);
  reader reply = reader_of((span){answer, length});
  reader_field(&reply, SPAN("value"));
  *visits = reader_int32(&reply);
  return reader_failed(&reply) ? fail_malformed(SPAN("reply to Add"), &reply) : true;
}

static int32_t handle_request(span payload) {
  reader request = reader_of(payload);
  span path = read_path(&request);
  if (reader_failed(&request)) return fail_malformed(SPAN("HandleRequest"), &request);
  int32_t visits = 0;
  if (!count_visit(path, &visits)) return 0;

  uint8_t body_bytes[32], bytes[MESSAGE_BYTES];
  writer body = {.bytes = body_bytes, .capacity = sizeof body_bytes};
  writer_raw(&body, SPAN("{\"counter\":"));
  writer_decimal(&body, visits);
  writer_byte(&body, '}');

  writer response = {.bytes = bytes, .capacity = sizeof bytes};
  writer_map(&response, 4);
  writer_text(&response, SPAN("statusCode"));
  writer_uint32(&response, 200);
  writer_text(&response, SPAN("status"));
  writer_text(&response, SPAN("OK"));
  writer_text(&response, SPAN("header"));
  writer_map(&response, 1);
  writer_text(&response, SPAN("content-type"));
  writer_text(&response, SPAN("application/json"));
  writer_text(&response, SPAN("body"));
  writer_binary(&response, writer_written(&body));
  return respond(&response);
}

static int32_t fail_unknown(span operation) {
  uint8_t bytes[MESSAGE_BYTES];
  writer text = {.bytes = bytes, .capacity = sizeof bytes};
  if (operation.length > 100) operation.length = 100;
  writer_raw(&text, SPAN("Could not find function \""));
  writer_raw(&text, operation);
  writer_byte(&text, '"');
  return fail(writer_written(&text));
}

/* What the host calls. It returns 1 when there is a response, 0 when there is an error. */
WAPC_EXPORT("__guest_call")
int32_t guest_call(uint32_t operation_length, uint32_t payload_length) {
  arena_reset();
  uint8_t *operation_bytes = arena_take(operation_length);
  uint8_t *payload_bytes = arena_take(payload_length);
  if (!operation_bytes || !payload_bytes) return fail(SPAN("out of memory"));
  guest_request(operation_bytes, payload_bytes);

  span operation = {operation_bytes, operation_length};
  if (span_equals(operation, SPAN("HandleRequest"))) {
    return handle_request((span){payload_bytes, payload_length});
  }
  if (span_equals(operation, SPAN("HealthRequest"))) {
    const uint8_t nil = 0xc0;
    guest_response(&nil, 1);
    return 1;
  }
  return fail_unknown(operation);
}
