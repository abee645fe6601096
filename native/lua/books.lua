-- Books of turns: what the rotations `least_recent`, `proportional` and `counter` remember.
--
-- No script of its own: it comes before those that take turns. It needs Redis 7 or Valkey.
--
-- A book lies in a hash, under a prefix that may be empty:
--   <prefix>            "<version> <opened> <newest> <cursor>"
--   <prefix><agent id>  "<number> <seen>"
-- version  differs after every change
-- opened   when the last turn was taken, in milliseconds since 1970
-- newest   least_recent: the newest stamp; counter: how many turns were taken
-- cursor   how far forgotten agents have been looked for
-- number   least_recent: the agent's stamp; proportional: what is due, in parts of a turn
-- seen     when the agent was last a candidate, in milliseconds since 1970
--
-- All numbers are whole and below 2^53, where the numbers of Lua are exact. So is the floor of a
-- quotient of two of them: it lies at least 1/divisor below the next whole number, and that is
-- more than the division is rounded by.

local TURN = 720720 * 1024
local AWAY_AFTER_MS = 24 * 60 * 60 * 1000
local FORGOTTEN_AFTER_MS = 7 * AWAY_AFTER_MS
local CLOSED_AFTER_MS = 90 * AWAY_AFTER_MS
local TTL_SECONDS = FORGOTTEN_AFTER_MS / 1000
local EXACT = 9007199254740992
local SWEEP_EVERY, SWEEP_COUNT = 64, 128

local function corrupt(key)
  error({ err = 'WRONGTYPE `' .. key .. '` holds a value of another form' })
end

local function number(text)
  local n = text and string.find(text, '^%-?%d+$') and tonumber(text)
  if n and n > -EXACT and n < EXACT then
    return n
  end
end

-- An argument that must be a whole number.
local function whole(text)
  return number(text) or error({ err = 'ERR an argument is no whole number' })
end

local function digits(n)
  if n <= -EXACT or n >= EXACT then
    error({ err = 'ERR increment or decrement would overflow' })
  end
  return string.format('%.0f', n)
end

-- Nothing may be half done because a right is missing, so they are looked at before.
local function may_write(key)
  local may = redis.acl_check_cmd
  if not (may('HSET', key, '', '') and may('HDEL', key, '') and may('EXPIRE', key, '1')) then
    error({ err = 'NOPERM this user may not write `' .. key .. '`' })
  end
end

local function microseconds()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- version, opened, newest and cursor of the field <prefix>; nothing if there is none
local function read_head(key, text)
  if not text then
    return nil
  end
  local version, opened, newest, cursor =
    string.match(text, '^(%d+) (%-?%d+) (%d+) (%d+)$')
  version, opened, newest = number(version), number(opened), number(newest)
  if not (version and opened and newest) then
    corrupt(key)
  end
  return version, opened, newest, cursor
end

-- number and seen of an agent's field
local function read_agent(key, text)
  local n, seen = string.match(text, '^(%-?%d+) (%-?%d+)$')
  n, seen = number(n), number(seen)
  if not (n and seen) then
    corrupt(key)
  end
  return n, seen
end

local function open_book(key, prefix, ids)
  local fields = { prefix }
  for n = 1, #ids do
    fields[n + 1] = prefix .. ids[n]
  end
  local values = redis.call('HMGET', key, unpack(fields))
  local version, opened, newest, cursor = read_head(key, values[1])
  local book = {
    key = key,
    prefix = prefix,
    version = version or microseconds(),
    opened = opened,
    newest = newest or 0,
    cursor = cursor or '0',
    agents = {},
  }
  for n = 1, #ids do
    local text = values[n + 1]
    if text then
      local held, seen = read_agent(key, text)
      -- Who is forgotten may still be there, until somebody sweeps.
      if not opened or opened - seen < FORGOTTEN_AFTER_MS then
        book.agents[ids[n]] = { n = held, seen = seen }
      end
    end
  end
  return book
end

-- What HSET takes to write the book with these agents; only the cursor is still missing.
local function book_fields(book, ids)
  book.version = book.version + 1
  local head = { digits(book.version), digits(book.opened), digits(book.newest) }
  local fields = { book.prefix, table.concat(head, ' ') }
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    if agent then
      fields[#fields + 1] = book.prefix .. ids[n]
      fields[#fields + 1] = digits(agent.n) .. ' ' .. digits(agent.seen)
    end
  end
  return fields
end

-- Removes who is forgotten, and books that have been closed for long; a few fields each time.
local function sweep_books(book)
  if book.version % SWEEP_EVERY ~= 0 then
    return
  end
  local page = redis.call('HSCAN', book.key, book.cursor, 'COUNT', SWEEP_COUNT)
  book.cursor = page[1]
  for n = 1, #page[2], 2 do
    local field, text = page[2][n], page[2][n + 1]
    local seen = number(string.match(text, '^%-?%d+ (%-?%d+)$'))
    local opened = number(string.match(text, '^%d+ (%-?%d+) %d+ %d+$'))
    if (seen and book.opened - seen >= FORGOTTEN_AFTER_MS)
      or (opened and book.opened - opened >= CLOSED_AFTER_MS) then
      redis.call('HDEL', book.key, field)
    end
  end
end

-- Nothing is written before all of `fields` is known to be good.
local function write_book(book, fields)
  sweep_books(book)
  fields[2] = fields[2] .. ' ' .. book.cursor
  redis.call('HSET', book.key, unpack(fields))
  redis.call('EXPIRE', book.key, TTL_SECONDS)
end

-- Opens the book at `now`, which never goes back, and forgets. `now`, and when it was last opened.
local function open_at(book, ids, now)
  local last = book.opened or now
  now = math.max(now, last)
  book.opened = now
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    if agent and now - agent.seen >= FORGOTTEN_AFTER_MS then
      book.agents[ids[n]] = nil
    end
  end
  return now, last
end

local take = {}

function take.counter(book, ids, weights, now)
  open_at(book, ids, now)
  local at = book.newest % #ids
  book.newest = book.newest + 1
  return at, 0, 0
end

function take.least_recent(book, ids, weights, now)
  local last
  now, last = open_at(book, ids, now)
  -- Who was away goes to the back, in the order they had; then the newcomers, as they are listed.
  local entering = {}
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    if not agent then
      entering[#entering + 1] = { rank = EXACT, n = n }
    elseif last - agent.seen >= AWAY_AFTER_MS then
      entering[#entering + 1] = { rank = agent.n, n = n }
    end
  end
  table.sort(entering, function(a, b)
    return a.rank < b.rank or (a.rank == b.rank and a.n < b.n)
  end)
  for _, who in ipairs(entering) do
    book.newest = book.newest + 1
    book.agents[ids[who.n]] = { n = book.newest, seen = now }
  end
  local oldest, winner
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    agent.seen = now
    if not oldest or agent.n < oldest then
      oldest, winner = agent.n, n
    end
  end
  book.newest = book.newest + 1
  book.agents[ids[winner]].n = book.newest
  return winner - 1, book.newest, oldest
end

-- The candidates' parts of a turn, by weight. The remainder goes to those who are first.
local function shares(weights)
  local sum = 0
  for n = 1, #weights do
    sum = sum + weights[n]
  end
  local parts, rest = {}, TURN
  for n = 1, #weights do
    parts[n] = math.floor(TURN * weights[n] / sum)
    rest = rest - parts[n]
  end
  for n = 1, rest do
    parts[n] = parts[n] + 1
  end
  return parts
end

function take.proportional(book, ids, weights, now)
  local last
  now, last = open_at(book, ids, now)
  local entering = {}
  local staying_sum, staying, known_sum, known = 0, 0, 0, 0
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    if agent then
      known_sum, known = known_sum + agent.n, known + 1
    end
    if agent and last - agent.seen < AWAY_AFTER_MS then
      staying_sum, staying = staying_sum + agent.n, staying + 1
    else
      entering[#entering + 1] = ids[n]
    end
  end
  -- Newcomers are owed what the others are owed on average; who was away is not owed more.
  local average = 0
  if staying > 0 then
    average = math.floor(staying_sum / staying)
  elseif known > 0 then
    average = math.floor(known_sum / known)
  end
  for _, id in ipairs(entering) do
    local agent = book.agents[id]
    local due = average
    if agent and staying == 0 then
      due = agent.n
    elseif agent then
      due = math.min(agent.n, average)
    end
    book.agents[id] = { n = due, seen = now }
  end
  local parts = shares(weights)
  local most, winner
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    agent.n = agent.n + parts[n]
    agent.seen = now
    if not most or agent.n > most then
      most, winner = agent.n, n
    end
  end
  local agent = book.agents[ids[winner]]
  agent.n = agent.n - TURN
  return winner - 1, 0, 0
end

-- Each undoes a turn, of the candidate `at`, counted from 0. Whether anything has changed.
local give_back = {}

function give_back.counter()
  return false
end

function give_back.least_recent(book, ids, weights, at, stamp, was)
  local agent = book.agents[ids[at + 1]]
  -- Served again since: the later turn counts.
  if not agent or agent.n ~= stamp then
    return false
  end
  agent.n = was
  return true
end

function give_back.proportional(book, ids, weights, at)
  local changed = false
  local parts = shares(weights)
  for n = 1, #ids do
    local agent = book.agents[ids[n]]
    if agent then
      agent.n = agent.n - parts[n]
      changed = true
    end
  end
  local agent = book.agents[ids[at + 1]]
  if agent then
    agent.n = agent.n + TURN
  end
  return changed
end
