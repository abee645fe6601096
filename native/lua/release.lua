-- The store refused: the place is free again, and the turn is given back.
--
-- Begins with `#!lua`; after books.lua and places.lua.
-- KEYS[1]  the tenant's sessions
-- KEYS[2]  the tenant's agents
-- KEYS[3]  the tenant's turns
-- ARGV[1]  now, in milliseconds since 1970; empty for the server's clock
-- ARGV[2]  the session
-- ARGV[3]  the token
-- answers  1, or 0 if the place is another one's by now, was confirmed, or has lapsed
-- keeps    the keys that it changes for 7 more days

local sessions, agents, turns = KEYS[1], KEYS[2], KEYS[3]
local now, session, token = clock(ARGV[1]), ARGV[2], whole(ARGV[3])
for n = 1, 3 do
  may_write(KEYS[n])
end
local place = read_place(sessions, redis.call('HGET', sessions, session))
local list = redis.call('HGET', agents, place and place.agent or '')
local spent = { book = 'c0:/' }
if place and place.spent ~= '' then
  local read, value = pcall(cjson.decode, place.spent)
  if not read or type(value) ~= 'table' or type(value.book) ~= 'string' then
    corrupt(sessions)
  end
  spent = value
end
local rotations = { c = 'counter', l = 'least_recent', p = 'proportional' }
local rotation = rotations[string.sub(spent.book, 1, 1)]
if not rotation then
  corrupt(sessions)
end
local ids = spent.ids or (place and rotation == 'least_recent' and { place.agent }) or {}
local book = open_book(turns, spent.book, ids)
if not place or place.token ~= token or place.till <= now or place.spent == '' then
  return 0
end
local fields
local stamp, was = number(spent.stamp), number(spent.was)
if book.opened and give_back[rotation](book, ids, spent.weights, spent.at or 0, stamp, was) then
  fields = book_fields(book, ids)
end
local live = live_places(agents, list, now, token)
redis.call('HDEL', sessions, session)
write_live(agents, place.agent, live)
if fields then
  write_book(book, fields)
end
keep(sessions, agents)
return 1
