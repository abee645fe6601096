-- Writes a whole book back, if nobody has changed it since it was read.
--
-- Begins with `#!lua`; after books.lua.
-- KEYS[1]  the book, by itself in its key
-- ARGV[1]  its version as it was read; 0 if there was none
-- ARGV[2]  when it was last opened, in milliseconds since 1970; empty if never
-- ARGV[3]  newest
-- ARGV[4]… id, number and seen of each agent, all different
-- answers  1, or 0 if the version is another one
-- keeps    the key for 7 more days, if it was written

local key, version = KEYS[1], whole(ARGV[1])
may_write(key)
if not redis.acl_check_cmd('DEL', key) then
  error({ err = 'NOPERM this user may not write `' .. key .. '`' })
end
local current = read_head(key, redis.call('HGET', key, ''))
if (current or 0) ~= version then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', key)
  return 1
end
local next_version = digits((current or microseconds()) + 1)
local head = { next_version, digits(whole(ARGV[2])), digits(whole(ARGV[3])), '0' }
local fields = { '', table.concat(head, ' ') }
for n = 4, #ARGV, 3 do
  fields[#fields + 1] = ARGV[n]
  fields[#fields + 1] = digits(whole(ARGV[n + 1])) .. ' ' .. digits(whole(ARGV[n + 2]))
end
redis.call('DEL', key)
-- As many at once as fit on Lua's stack.
for first = 1, #fields, 2000 do
  redis.call('HSET', key, unpack(fields, first, math.min(first + 1999, #fields)))
end
redis.call('EXPIRE', key, TTL_SECONDS)
return 1
