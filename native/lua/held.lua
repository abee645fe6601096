-- Everything that is held for a tenant, for comparing with the store.
--
-- Begins with `#!lua flags=no-writes`; after books.lua and places.lua.
-- KEYS[1]  the tenant's sessions
-- ARGV[1]  now, in milliseconds since 1970; empty for the server's clock
-- answers  a list of session, agent, token as text, and 1 if it was confirmed, else 0; of each
--          place that has not lapsed, in no order

local now = clock(ARGV[1])
local fields = redis.call('HGETALL', KEYS[1])
local answer = {}
for n = 1, #fields, 2 do
  local place = fields[n] ~= '' and read_place(KEYS[1], fields[n + 1])
  if place and place.till > now then
    answer[#answer + 1] = fields[n]
    answer[#answer + 1] = place.agent
    answer[#answer + 1] = digits(place.token)
    answer[#answer + 1] = place.spent == '' and 1 or 0
  end
end
return answer
