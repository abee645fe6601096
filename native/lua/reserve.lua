-- Chooses one of the candidates for a session and holds the place, in one step.
--
-- Begins with `#!lua`; after books.lua and places.lua.
-- KEYS[1]  the tenant's sessions
-- KEYS[2]  the tenant's agents
-- KEYS[3]  the tenant's turns
-- ARGV[1]  now, in milliseconds since 1970; empty for the server's clock
-- ARGV[2]  the session
-- ARGV[3]  milliseconds until the place lapses
-- ARGV[4]  counter | least_recent | proportional
-- ARGV[5]  the context key
-- ARGV[6]  sessions an agent may have at most; 0 for no limit
-- ARGV[7]  what is compared: up to two letters, a (active) or t (total), the most important first
-- ARGV[8]… id, weight (1 to 1000), active, total of each candidate, in order: up to 200, all
--          different
-- answers  { 'granted', place of the winner among them from 0, token, held }
--          { 'already_reserved', agent, token }
--          { 'full', held }, and nothing was written
--          where held is a list of places among the candidates from 0, each with the number of
--          sessions that are under way there, without this one
-- keeps    the three keys for 7 more days, if it was granted

local sessions, agents, turns = KEYS[1], KEYS[2], KEYS[3]
local now, session, lease = clock(ARGV[1]), ARGV[2], whole(ARGV[3])
local rotation, context, limit, order = ARGV[4], ARGV[5], whole(ARGV[6]), ARGV[7]
local ids, candidates = {}, {}
for n = 8, #ARGV, 4 do
  ids[#ids + 1] = ARGV[n]
  candidates[#candidates + 1] = {
    id = ARGV[n],
    weight = whole(ARGV[n + 1]),
    a = whole(ARGV[n + 2]),
    t = whole(ARGV[n + 3]),
  }
end
for n = 1, 3 do
  may_write(KEYS[n])
end

local known = redis.call('HMGET', sessions, '', session)
local before = read_place(sessions, known[2])
if before and before.till > now then
  return { 'already_reserved', before.agent, before.token }
end
local newest, made, cursor = 0, 0, '0'
if known[1] then
  newest, made, cursor = string.match(known[1], '^(%d+) (%d+) (%d+)$')
  newest, made = number(newest), number(made)
  if not (newest and made) then
    corrupt(sessions)
  end
end

-- What is under way counts into both numbers.
local COUNT_MAX = 4294967295
local held, live = {}, {}
local lists = #ids > 0 and redis.call('HMGET', agents, unpack(ids)) or {}
for n = 1, #ids do
  local who = candidates[n]
  local count
  live[n], count = live_places(agents, lists[n], now)
  if count > 0 then
    held[#held + 1] = n - 1
    held[#held + 1] = count
  end
  who.a = math.min(who.a + count, COUNT_MAX)
  who.t = math.min(who.t + count, COUNT_MAX)
end

-- Those below the limit who compare best, in their order.
local first, second = string.sub(order, 1, 1), string.sub(order, 2, 2)
local ties, weights, places = {}, {}, {}
local least, next_least
for n = 1, #ids do
  local who = candidates[n]
  if limit == 0 or who.a < limit then
    local x, y = who[first] or 0, who[second] or 0
    if not least or x < least or (x == least and y < next_least) then
      least, next_least = x, y
      ties, weights, places = {}, {}, {}
    end
    if x == least and y == next_least then
      ties[#ties + 1] = who.id
      weights[#weights + 1] = who.weight
      places[#places + 1] = n
    end
  end
end
local prefix = string.sub(rotation, 1, 1) .. #context .. ':' .. context .. '/'
local stamped = rotation == 'counter' and {} or ties
local book = open_book(turns, prefix, stamped)
if #ties == 0 then
  return { 'full', held }
end

local at, stamp, was = take[rotation](book, ties, weights, now)
local place = places[at + 1]
local agent = ids[place]
local token = math.max(math.max(now, 0) * 1000, newest + 1)
local spent = { book = book.prefix }
if rotation == 'least_recent' then
  spent.stamp, spent.was = digits(stamp), digits(was)
elseif rotation == 'proportional' then
  spent.at, spent.ids, spent.weights = at, ties, weights
end
local taken = place_text({
  token = token,
  till = now + lease,
  agent = agent,
  spent = cjson.encode(spent),
})
local list = with_place(live[place], token, now + lease)
local fields = book_fields(book, stamped)
local left
if before and before.agent ~= agent then
  left = live_places(agents, redis.call('HGET', agents, before.agent), now)
end

if made % PLACES_SWEEP_EVERY == 0 then
  cursor = sweep_places(sessions, agents, cursor, now)
end
if left then
  write_live(agents, before.agent, left)
end
local head = digits(token) .. ' ' .. digits(made + 1) .. ' ' .. cursor
redis.call('HSET', sessions, '', head, session, taken)
redis.call('HSET', agents, agent, list)
write_book(book, fields)
keep(sessions, agents)
return { 'granted', place - 1, token, held }
