import { begin, send, settle } from './host-call'
import { Reader } from './reader'
import { Result } from './result'
import { Writer } from './writer'

/** A client of `wascc:keyvalue`. */
export class KeyValue {
  /** @param link which of the actor's links to a store */
  constructor(private readonly link: string = 'default') {}

  /** The value of a key; null where there is none. */
  get(key: string): Result<string | null> {
    this.beginKey('Get', key, 1)
    const reply = send()
    reply.field('exists')
    const exists = reply.bool()
    if (!exists) return settle<string | null>(null)
    reply.field('value')
    return settle<string | null>(reply.string())
  }

  /** @param expires seconds until the key is gone; 0 for never */
  set(key: string, value: string, expires: i32 = 0): Result<string> {
    const request = this.beginKey('Set', key, 3)
    putValue(request, value)
    request.string('expires')
    request.int(expires)
    return textField('value')
  }

  /** Adds to a number, which is 0 where there is none, and gives the new one. */
  add(key: string, value: i32): Result<i32> {
    const request = this.beginKey('Add', key, 2)
    request.string('value')
    request.int(value)
    return numberField('value')
  }

  /** Deletes a key, and gives it back. */
  del(key: string): Result<string> {
    this.beginKey('Del', key, 1)
    return textField('key')
  }

  /** Empties a list, and gives its key back. */
  clear(key: string): Result<string> {
    this.beginKey('Clear', key, 1)
    return textField('key')
  }

  /** Puts a value at the head of a list, and gives the list's new length. */
  push(key: string, value: string): Result<i32> {
    putValue(this.beginKey('Push', key, 2), value)
    return numberField('newCount')
  }

  /** Part of a list, both ends included; -1 is the last item. */
  range(key: string, start: i32, stop: i32): Result<string[]> {
    const request = this.beginKey('Range', key, 3)
    request.string('start')
    request.int(start)
    request.string('stop')
    request.int(stop)
    return valuesField()
  }

  /** Deletes a value from a list, wherever it is. */
  listItemDelete(key: string, value: string): Result<i32> {
    putValue(this.beginKey('ListItemDelete', key, 2), value)
    return numberField('newCount')
  }

  setAdd(key: string, value: string): Result<i32> {
    putValue(this.beginKey('SetAdd', key, 2), value)
    return numberField('newCount')
  }

  setRemove(key: string, value: string): Result<i32> {
    putValue(this.beginKey('SetRemove', key, 2), value)
    return numberField('newCount')
  }

  setUnion(keys: string[]): Result<string[]> {
    return this.combine('SetUnion', keys)
  }

  setIntersection(keys: string[]): Result<string[]> {
    return this.combine('SetIntersection', keys)
  }

  /** The members of a set. */
  setQuery(key: string): Result<string[]> {
    this.beginKey('SetQuery', key, 1)
    return valuesField()
  }

  exists(key: string): Result<bool> {
    this.beginKey('KeyExists', key, 1)
    const reply = send()
    reply.field('exists')
    return settle<bool>(reply.bool())
  }

  private combine(operation: string, keys: string[]): Result<string[]> {
    const request = begin(this.link, 'wascc:keyvalue', operation)
    request.map(1)
    request.string('keys')
    request.array(keys.length)
    for (let i = 0; i < keys.length; i++) request.string(keys[i])
    return valuesField()
  }

  /** Starts a call whose first of `fields` arguments is the key. */
  private beginKey(operation: string, key: string, fields: i32): Writer {
    const request = begin(this.link, 'wascc:keyvalue', operation)
    request.map(fields)
    request.string('key')
    request.string(key)
    return request
  }
}

function putValue(request: Writer, value: string): void {
  request.string('value')
  request.string(value)
}

function numberField(name: string): Result<i32> {
  const reply = send()
  reply.field(name)
  return settle<i32>(reply.i32())
}

function textField(name: string): Result<string> {
  const reply = send()
  reply.field(name)
  return settle<string>(reply.string())
}

function valuesField(): Result<string[]> {
  const reply: Reader = send()
  reply.field('values')
  return settle<string[]>(reply.strings())
}
