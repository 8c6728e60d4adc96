/*
 * Memory for one call: taken from the end of what is used, all given back when the next call begins.
 * Nothing is freed piece by piece, so nothing can be freed twice.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_PAGE 65536u

/* The linker puts this where the module's own data and its stack end. */
extern uint8_t __heap_base;

static uintptr_t arena_end;

static inline void arena_reset(void) { arena_end = (uintptr_t)&__heap_base; }

/* Room for so many bytes, or NULL if the host allows no more memory. */
static inline uint8_t *arena_take(uint32_t length) {
  uintptr_t start = (arena_end + 7) & ~(uintptr_t)7;
  uint64_t end = (uint64_t)start + length;
  uint64_t size = (uint64_t)__builtin_wasm_memory_size(0) * ARENA_PAGE;
  if (end > size) {
    uint64_t pages = (end - size + ARENA_PAGE - 1) / ARENA_PAGE;
    if (pages > UINT16_MAX || __builtin_wasm_memory_grow(0, (size_t)pages) == SIZE_MAX) return NULL;
  }
  arena_end = (uintptr_t)end;
  return (uint8_t *)start;
}

#endif
