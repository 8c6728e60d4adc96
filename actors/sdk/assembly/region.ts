/** More than this is given back once a call is over. */
const KEPT_BYTES: i32 = 0x10000

/**
 * A piece of memory that is used again from call to call, so that a call of usual size allocates
 * nothing. It starts as static memory and moves to the heap when that is too small.
 */
@unmanaged
export class Region {
  /** Where it is now. */
  start: usize
  /** How many bytes it has now. */
  capacity: i32

  constructor(
    private readonly initialStart: usize,
    private readonly initialCapacity: i32,
  ) {
    this.start = initialStart
    this.capacity = initialCapacity
  }

  /** Makes room for `length` bytes; what was there before may be lost. */
  reserve(length: i32): usize {
    if (length > this.capacity) this.move(length, 0)
    return this.start
  }

  /** Makes room for `length` bytes and keeps the first `used`. */
  grow(length: i32, used: i32): void {
    this.move(max(<u32>length, (<u32>this.capacity) << 1), used)
  }

  /** Gives back what an unusually large call needed. */
  release(): void {
    if (this.capacity > KEPT_BYTES) {
      heap.free(this.start)
      this.start = this.initialStart
      this.capacity = this.initialCapacity
    }
  }

  private move(length: u32, used: i32): void {
    const start = heap.alloc(length)
    if (used > 0) memory.copy(start, this.start, used)
    if (this.start != this.initialStart) heap.free(this.start)
    this.start = start
    this.capacity = length
  }
}
