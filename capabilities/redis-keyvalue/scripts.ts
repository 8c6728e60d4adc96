/**
 * What takes Redis several commands in one step. Each script gets all its keys as such, and a link's
 * keys lie in one slot of a cluster.
 */
import { createHash } from 'node:crypto'
import { CapabilityError } from '../errors.ts'
import type { CommandTerms, RedisConnection, RedisReply } from '../redis-connection/index.ts'

/** A script in Lua, and the name by which Redis knows it once it has seen it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/**
 * Runs a script in one step.
 *
 * @param reads It changes nothing.
 * @throws CapabilityError, as {@link RedisConnection.run}
 */
export function runScript(
  connection: RedisConnection,
  { text, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  terms: CommandTerms,
  reads = false,
): Promise<RedisReply> {
  const rest = [keys.length, ...keys, ...args]
  return connection.run('evalsha', [sha, ...rest], terms, reads).catch((error: unknown) => {
    // A server that was started anew has not seen it, and so has done nothing.
    if (!serverSays(error, 'NOSCRIPT')) throw error
    return connection.run('eval', [text, ...rest], terms, reads)
  })
}

/** Whether Redis answered an error that begins so. */
export function serverSays(error: unknown, beginning: string): error is CapabilityError {
  return (
    error instanceof CapabilityError &&
    error.code === 'ERR_SERVER_REFUSED' &&
    (error as CapabilityError<'ERR_SERVER_REFUSED'>).detail.reason.startsWith(beginning)
  )
}

/** Adds ARGV[1] to the number at KEYS[1]. Answers the sum, or `overflow` and changes nothing. */
export const add: Script = script(`
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'number' and (sum > 2147483647 or sum < -2147483648) then
  redis.call('DECRBY', KEYS[1], ARGV[1])
  return 'overflow'
end
return sum
`)

/**
 * Items ARGV[1] to ARGV[2] of the list at KEYS[1]. Answers a number if that is more items than
 * ARGV[3], and text with a number if it is more bytes than ARGV[4].
 */
export const range: Script = script(`
local length = redis.pcall('LLEN', KEYS[1])
if type(length) ~= 'number' then return length end
local first, last = tonumber(ARGV[1]), tonumber(ARGV[2])
if first < 0 then first = math.max(first + length, 0) end
if last < 0 then last = last + length end
last = math.min(last, length - 1)
if last - first + 1 > tonumber(ARGV[3]) then return last - first + 1 end
local items, bytes = {}, 0
for from = first, last, 64 do
  local part = redis.call('LRANGE', KEYS[1], from, math.min(from + 63, last))
  for index = 1, #part do
    bytes = bytes + #part[index]
    items[#items + 1] = part[index]
  end
  if bytes > tonumber(ARGV[4]) then return tostring(bytes) end
end
return items
`)

/** How large a set is, about: lines of the scripts below. */
const measure = `
local function measure(index)
  local key = KEYS[index]
  local count = redis.pcall('SCARD', key)
  if type(count) ~= 'number' then
    return nil, redis.error_reply('WRONGTYPE ' .. index .. ' ' .. redis.call('TYPE', key).ok)
  end
  local bytes = 0
  if count > 64 then
    local usage = redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', 0)
    if type(usage) == 'number' then bytes = usage - 100 * count end
  end
  return count, nil, bytes
end
`

/**
 * Items in any of the sets at KEYS. Answers as {@link range}, with the limits in ARGV[1] and ARGV[2],
 * or fails with `WRONGTYPE`, the number of a key, and what it holds.
 */
export const union: Script = script(`${measure}
local bytes = 0
for index = 1, #KEYS do
  local count, wrong, size = measure(index)
  if wrong then return wrong end
  if count > tonumber(ARGV[1]) then return count end
  bytes = bytes + size
  if bytes > tonumber(ARGV[2]) then return tostring(bytes) end
end
local all
if #KEYS <= 1000 then
  all = redis.call('SUNION', unpack(KEYS))
else
  local seen = {}
  all = {}
  for _, key in ipairs(KEYS) do
    for _, item in ipairs(redis.call('SMEMBERS', key)) do
      if not seen[item] then
        seen[item] = true
        all[#all + 1] = item
      end
    end
    if #all > tonumber(ARGV[1]) then return #all end
  end
end
if #all > tonumber(ARGV[1]) then return #all end
return all
`)

/** Items in all of the sets at KEYS. Answers as {@link union}. */
export const intersection: Script = script(`${measure}
local least, leastBytes = math.huge, 0
for index = 1, #KEYS do
  local count, wrong, size = measure(index)
  if wrong then return wrong end
  if count < least then least, leastBytes = count, size end
end
if least > tonumber(ARGV[1]) then return least end
if leastBytes > tonumber(ARGV[2]) then return tostring(leastBytes) end
local common
for from = 1, #KEYS, 1000 do
  local part = redis.call('SINTER', unpack(KEYS, from, math.min(from + 999, #KEYS)))
  if common then
    local present, both = {}, {}
    for _, item in ipairs(part) do present[item] = true end
    for _, item in ipairs(common) do
      if present[item] then both[#both + 1] = item end
    end
    common = both
  else
    common = part
  end
end
return common
`)

/**
 * What is at KEYS[1], whole: its type, the milliseconds that are left to it, and what it holds; for a
 * list or set that takes more than ARGV[1] bytes of memory, that number.
 */
export const readItem: Script = script(`
local kind = redis.call('TYPE', KEYS[1]).ok
local value = false
if kind == 'string' then value = redis.call('GET', KEYS[1]) end
if kind == 'list' or kind == 'set' then
  local usage = redis.pcall('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
  if type(usage) == 'number' and usage > tonumber(ARGV[1]) then value = usage
  elseif kind == 'list' then value = redis.call('LRANGE', KEYS[1], 0, -1)
  else value = redis.call('SMEMBERS', KEYS[1]) end
end
return { kind, redis.call('PTTL', KEYS[1]), value }
`)

/**
 * Puts items, ARGV[4] and on, at KEYS[1] with the command ARGV[1]: in the place of what is there if
 * ARGV[2] is 1, after it otherwise. They stay for ARGV[3] milliseconds, or for good if that is 0.
 */
export const putItems: Script = script(`
if ARGV[2] == '1' then redis.call('UNLINK', KEYS[1]) end
if #ARGV > 3 then redis.call(ARGV[1], KEYS[1], unpack(ARGV, 4)) end
if tonumber(ARGV[3]) ~= 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
`)

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
