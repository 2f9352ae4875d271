"""The decision that Valkey takes in one step: whether this account may spend one call of the limit.

`spent` holds the calls of the last window as `account|number`, `members` who has ever shared the
client, `waiting` whose settlement has lately asked in vain, `closed` that the provider has had
enough, and `number` tells calls of one moment apart. What is free must cover what is kept for the
others: an equal part for each that waits, a small one for each that is quiet. Within its own part
an account needs nothing but one free call.
"""

from typing import Final

SPEND: Final = """
local calls, window, reserve = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local me, remembered = ARGV[4], tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local moment = string.format('%.6f', now)

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now - window))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.6f', now - remembered))
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('%.6f', now - 2 * window))
redis.call('ZADD', KEYS[2], moment, me)

local used, total = {}, 0
for _, entry in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local who = string.match(entry, '^(.*)|')
  used[who] = (used[who] or 0) + 1
  total = total + 1
end
local members, waits = redis.call('ZRANGE', KEYS[2], 0, -1), {}
for _, who in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do waits[who] = true end

local equal = math.max(1, math.floor(calls / #members))
local small = math.max(1, math.floor(calls / (4 * #members)))
local function part(who) if waits[who] then return equal else return small end end

local kept = 0
if (used[me] or 0) >= part(me) then
  for _, who in ipairs(members) do
    if who ~= me then kept = kept + math.max(0, part(who) - (used[who] or 0)) end
  end
end

local granted = redis.call('EXISTS', KEYS[4]) == 0 and calls - total - reserve - kept >= 1
if granted then
  redis.call('ZADD', KEYS[1], moment, me .. '|' .. redis.call('INCR', KEYS[5]))
elseif reserve == 0 then
  redis.call('ZADD', KEYS[3], moment, me)
end
redis.call('EXPIRE', KEYS[1], window * 2)
redis.call('EXPIRE', KEYS[2], remembered)
redis.call('EXPIRE', KEYS[3], window * 3)
redis.call('EXPIRE', KEYS[5], remembered)
return granted and 1 or 0
"""
