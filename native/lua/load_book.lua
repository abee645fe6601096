-- Reads a whole book, to move it on elsewhere for many turns.
--
-- Begins with `#!lua flags=no-writes`; after books.lua.
-- KEYS[1]  the book, by itself in its key
-- answers  { version, opened, newest, then id, number and seen of each agent }, all as text;
--          { } if there is none

local fields = redis.call('HGETALL', KEYS[1])
local answer, agents = {}, {}
for n = 1, #fields, 2 do
  if fields[n] == '' then
    local version, opened, newest = read_head(KEYS[1], fields[n + 1])
    answer = { digits(version), digits(opened), digits(newest) }
  end
end
for n = 1, #fields, 2 do
  if fields[n] ~= '' then
    local held, seen = read_agent(KEYS[1], fields[n + 1])
    if answer[2] and tonumber(answer[2]) - seen < FORGOTTEN_AFTER_MS then
      answer[#answer + 1] = fields[n]
      answer[#answer + 1] = digits(held)
      answer[#answer + 1] = digits(seen)
    end
  end
end
return answer
