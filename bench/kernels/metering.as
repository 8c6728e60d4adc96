// CPU-bound work for measuring what metering costs. AssemblyScript, compiled by bench/metering.ts.
// Each export takes how much to do and returns a number that depends on all of it.

function fibonacci(n: i32): i32 {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
}

export function fib(n: i32): f64 {
  return fibonacci(n)
}

export function sieve(n: i32): f64 {
  const composite = new StaticArray<u8>(n + 1)
  let primes = 0
  for (let i = 2; i <= n; i++) {
    if (composite[i]) continue
    primes++
    for (let k = i + i; k <= n; k += i) unchecked((composite[k] = 1))
  }
  return primes
}

export function matrix(n: i32): f64 {
  const a = new StaticArray<f64>(n * n)
  const b = new StaticArray<f64>(n * n)
  const c = new StaticArray<f64>(n * n)
  for (let i = 0; i < n * n; i++) {
    a[i] = i % 7
    b[i] = i % 11
  }
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      let sum: f64 = 0
      for (let k = 0; k < n; k++) sum += unchecked(a[row * n + k] * b[k * n + column])
      unchecked((c[row * n + column] = sum))
    }
  }
  let total: f64 = 0
  for (let i = 0; i < n * n; i++) total += c[i]
  return total
}

function partition(values: StaticArray<i32>, from: i32, to: i32): void {
  while (from < to) {
    const pivot = unchecked(values[(from + to) >>> 1])
    let low = from
    let high = to
    while (low <= high) {
      while (unchecked(values[low]) < pivot) low++
      while (unchecked(values[high]) > pivot) high--
      if (low > high) break
      const swapped = unchecked(values[low])
      unchecked((values[low++] = unchecked(values[high])))
      unchecked((values[high--] = swapped))
    }
    partition(values, from, high)
    from = low
  }
}

export function sort(n: i32): f64 {
  const values = new StaticArray<i32>(n)
  let seed: u32 = 1
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223
    values[i] = seed >>> 8
  }
  partition(values, 0, n - 1)
  let sum: f64 = 0
  for (let i = 0; i < n; i += 97) sum += <f64>values[i]
  return sum
}

export function hash(n: i32): f64 {
  const text = new StaticArray<u8>(4096)
  for (let i = 0; i < text.length; i++) text[i] = <u8>(i * 31)
  let result: u32 = 2166136261
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < 4096; i++) result = (result ^ unchecked(text[i])) * 16777619
  }
  return result
}

export function mandelbrot(n: i32): f64 {
  let inside = 0
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) {
      const re = (<f64>x / n) * 3 - 2
      const im = (<f64>y / n) * 2 - 1
      let a: f64 = 0
      let b: f64 = 0
      let turn = 0
      while (turn < 200 && a * a + b * b < 4) {
        const next = a * a - b * b + re
        b = 2 * a * b + im
        a = next
        turn++
      }
      inside += turn
    }
  }
  return inside
}

@inline function rotate(value: u32, by: u32): u32 {
  return rotr<u32>(value, by)
}

const constants = new StaticArray<u32>(64)
const schedule = new StaticArray<u32>(64)
const state = new StaticArray<u32>(8)

function compress(block: StaticArray<u8>): void {
  for (let i = 0; i < 16; i++) {
    unchecked((schedule[i] = bswap<u32>(load<u32>(changetype<usize>(block) + (i << 2)))))
  }
  for (let i = 16; i < 64; i++) {
    const x = unchecked(schedule[i - 15])
    const y = unchecked(schedule[i - 2])
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
    unchecked((schedule[i] = unchecked(schedule[i - 16]) + s0 + unchecked(schedule[i - 7]) + s1))
  }
  let a = unchecked(state[0]), b = unchecked(state[1]), c = unchecked(state[2]), d = unchecked(state[3])
  let e = unchecked(state[4]), f = unchecked(state[5]), g = unchecked(state[6]), h = unchecked(state[7])
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = h + s1 + ((e & f) ^ (~e & g)) + unchecked(constants[i]) + unchecked(schedule[i])
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = s0 + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = d + first
    d = c
    c = b
    b = a
    a = first + second
  }
  unchecked((state[0] += a))
  unchecked((state[1] += b))
  unchecked((state[2] += c))
  unchecked((state[3] += d))
  unchecked((state[4] += e))
  unchecked((state[5] += f))
  unchecked((state[6] += g))
  unchecked((state[7] += h))
}

// The round constants are the fractions of cube roots in the real thing; any numbers cost the same.
export function sha256(n: i32): f64 {
  for (let i = 0; i < 64; i++) constants[i] = 0x9e3779b9 * (i + 1)
  for (let i = 0; i < 8; i++) state[i] = 0x85ebca6b * (i + 1)
  const block = new StaticArray<u8>(64)
  for (let i = 0; i < n; i++) {
    block[i & 63] = <u8>i
    compress(block)
  }
  return state[0]
}

// A stack machine that adds up numbers: what an interpreter inside an actor looks like.
export function interpreter(n: i32): f64 {
  const program: u8[] = [0, 1, 2, 3, 1, 4, 5, 0, 6, 7]
  const stack = new StaticArray<i32>(16)
  let top = 0
  let at = 0
  let left = n
  let sum = 0
  while (true) {
    switch (unchecked(program[at++])) {
      case 0: unchecked((stack[top++] = left)); break
      case 1: unchecked((stack[top++] = 3)); break
      case 2: top--; unchecked((stack[top - 1] += stack[top])); break
      case 3: unchecked((stack[top - 1] ^= sum)); break
      case 4: top--; unchecked((stack[top - 1] *= stack[top])); break
      case 5: sum += unchecked(stack[--top]); break
      case 6: if (unchecked(stack[--top]) <= 1) return sum; left--; break
      default: at = 0
    }
  }
}

class Shape {
  constructor(public side: f64) {}
  area(): f64 { return this.side * this.side }
}
class Circle extends Shape {
  area(): f64 { return this.side * this.side * Math.PI }
}
class Triangle extends Shape {
  area(): f64 { return this.side * this.side * 0.433 }
}

export function dispatch(n: i32): f64 {
  const shapes: Shape[] = []
  for (let i = 0; i < 64; i++) {
    shapes.push(i % 3 == 0 ? new Shape(i) : i % 3 == 1 ? new Circle(i) : new Triangle(i))
  }
  let sum: f64 = 0
  for (let i = 0; i < n; i++) sum += unchecked(shapes[i & 63]).area()
  return sum
}

export function json(n: i32): f64 {
  let length = 0
  for (let i = 0; i < n; i++) {
    const text = '{"counter":' + i.toString() + ',"name":"visits","ok":' + (i & 1 ? 'true' : 'false') + '}'
    let depth = 0
    for (let k = 0; k < text.length; k++) {
      const c = text.charCodeAt(k)
      if (c == 123) depth++
      else if (c == 125) depth--
      else if (c == 34) length++
    }
    length += text.length + depth
  }
  return length
}
