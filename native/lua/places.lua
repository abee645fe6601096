-- Places that are held for sessions while they are being assigned.
--
-- No script of its own: it comes after books.lua and before those that hold and free places.
--
-- All of a tenant lies in three hashes. `sessions`:
--   <empty>       "<newest token> <reservations made> <cursor>"
--   <session id>  "<token> <until> <bytes of the agent's id>:<agent's id><spent>"
-- `agents`, with the places of each that may not have lapsed yet:
--   <agent id>    "<token> <until> <token> <until> …"
-- `turns`, with a book of turns (books.lua) for each context key and rotation:
--   <first letter of the rotation><bytes of the context key>:<context key>/
-- token    greater than all before it, and than the clock in microseconds when it was given
-- until    when the place lapses, in milliseconds since 1970
-- cursor   how far lapsed places have been looked for
-- spent    empty once the place is confirmed; before, as JSON, the turn that goes back if it is
--          released: { book, at, stamp, was, ids, weights }, without what the rotation does not need

local PLACES_SWEEP_EVERY, PLACES_SWEEP_COUNT = 16, 64

-- The clock of the server, or the one that was given instead.
local function clock(given)
  if given == '' then
    return math.floor(microseconds() / 1000)
  end
  return whole(given)
end

local function read_place(key, text)
  if not text then
    return nil
  end
  local token, till, bytes, rest = string.match(text, '^(%d+) (%-?%d+) (%d+):(.*)$')
  token, till, bytes = number(token), number(till), number(bytes)
  if not (token and till and bytes) or #rest < bytes then
    corrupt(key)
  end
  return {
    token = token,
    till = till,
    agent = string.sub(rest, 1, bytes),
    spent = string.sub(rest, bytes + 1),
  }
end

local function place_text(place)
  return digits(place.token) .. ' ' .. digits(place.till) .. ' ' .. #place.agent .. ':'
    .. place.agent .. place.spent
end

-- An agent's places that have not lapsed, less the one of this token; and how many they are.
local function live_places(key, text, now, token)
  if not text then
    return '', 0
  end
  local live, rest = {}, #text + 1
  for held, till in string.gmatch(text, '(%d+) (%-?%d+)') do
    rest = rest - #held - #till - 2
    if tonumber(till) > now and tonumber(held) ~= token then
      live[#live + 1] = held .. ' ' .. till
    end
  end
  if rest ~= 0 then
    corrupt(key)
  end
  return table.concat(live, ' '), #live
end

local function with_place(live, token, till)
  local place = digits(token) .. ' ' .. digits(till)
  return live == '' and place or live .. ' ' .. place
end

-- Writes what an agent has left.
local function write_live(key, agent, live)
  if live == '' then
    redis.call('HDEL', key, agent)
  else
    redis.call('HSET', key, agent, live)
  end
end

-- Frees the places that have lapsed, a few each time, and leaves alone what has another form: the
-- caller is about to write. The cursor to go on from.
local function sweep_places(sessions, agents, cursor, now)
  local page = redis.call('HSCAN', sessions, cursor, 'COUNT', PLACES_SWEEP_COUNT)
  for n = 1, #page[2], 2 do
    local session, text = page[2][n], page[2][n + 1]
    local read, place = pcall(read_place, sessions, text)
    if session ~= '' and read and place.till <= now then
      redis.call('HDEL', sessions, session)
      local list = redis.call('HGET', agents, place.agent)
      local good, live = pcall(live_places, agents, list, now)
      if list and good then
        write_live(agents, place.agent, live)
      end
    end
  end
  return page[1]
end

local function keep(...)
  for _, key in ipairs({ ... }) do
    redis.call('EXPIRE', key, TTL_SECONDS)
  end
end
