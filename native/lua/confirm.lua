-- The store has the assignment: the place counts for the read window more, and then no longer.
--
-- Begins with `#!lua`; after books.lua and places.lua.
-- KEYS[1]  the tenant's sessions
-- KEYS[2]  the tenant's agents
-- ARGV[1]  now, in milliseconds since 1970; empty for the server's clock
-- ARGV[2]  the session
-- ARGV[3]  the token
-- ARGV[4]  the read window in milliseconds
-- answers  1, or 0 if the place is another one's by now, or has lapsed
-- keeps    both keys for 7 more days, if it was confirmed

local sessions, agents = KEYS[1], KEYS[2]
local now, session = clock(ARGV[1]), ARGV[2]
local token, window = whole(ARGV[3]), whole(ARGV[4])
for n = 1, 2 do
  may_write(KEYS[n])
end
local place = read_place(sessions, redis.call('HGET', sessions, session))
local list = redis.call('HGET', agents, place and place.agent or '')
if not place or place.token ~= token or place.till <= now then
  return 0
end
place.till, place.spent = now + window, ''
local live = live_places(agents, list, now, token)
local text, places = place_text(place), with_place(live, token, place.till)
redis.call('HSET', sessions, session, text)
redis.call('HSET', agents, place.agent, places)
keep(sessions, agents)
return 1
