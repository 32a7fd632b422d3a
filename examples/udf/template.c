// A scalar function for Alpheus in C: shout(STRING) RETURNS STRING, ASCII letters in upper case.
//
//   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--export-memory -o shout.wasm template.c
//
// The interface is described in docs/udf.md.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

typedef struct {
  uint32_t rows;
  uint8_t *validity; // 0: nothing is NULL
  void *values;
  uint8_t *data;
} column;

// Memory is handed out front to back and forgotten after each call.
extern uint8_t __heap_base;
static uint8_t *next = &__heap_base;

EXPORT("alpheus_alloc") void *allocate(uint32_t size) {
  uintptr_t start = ((uintptr_t)next + 15) & ~(uintptr_t)15;
  uintptr_t end = start + size;
  uintptr_t there = __builtin_wasm_memory_size(0) << 16;
  if (end > there && __builtin_wasm_memory_grow(0, (end - there + 65535) >> 16) == (uintptr_t)-1)
    __builtin_trap();
  next = (uint8_t *)end;
  return (void *)start;
}

EXPORT("alpheus_reset") void reset(void) { next = &__heap_base; }

EXPORT("alpheus_abi") int32_t abi(void) { return 1; }

static const char declaration[] = "FUNCTION shout(STRING) RETURNS STRING";

EXPORT("alpheus_describe") int64_t describe(void) {
  return ((int64_t)(sizeof declaration - 1) << 32) | (int64_t)(uintptr_t)declaration;
}

EXPORT("shout") int32_t shout(const column *args, uint32_t rows, column *out) {
  const uint32_t *offsets = args[0].values;
  uint32_t length = offsets[rows];
  uint8_t *data = allocate(length);
  for (uint32_t i = 0; i < length; i++) {
    uint8_t c = args[0].data[i];
    data[i] = c >= 'a' && c <= 'z' ? c - 32 : c;
  }
  // NULLs and offsets are those of the argument.
  *out = (column){rows, args[0].validity, args[0].values, data};
  return 0;
}
