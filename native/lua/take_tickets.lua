-- Takes so many turns of a counter at once.
--
-- By itself, without a first line `#!`: every Redis runs it that runs the counter.
-- KEYS[1]  the counter
-- ARGV[1]  how many, at least 1
-- answers  the last of them as the server counts, from 1; as text from 2^53 on
-- keeps    the key for 7 more days

local last = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(last) == 'table' then return last end
local kept = redis.pcall('EXPIRE', KEYS[1], 604800)
if type(kept) == 'table' then return kept end
if last >= 9007199254740992 or last <= -9007199254740992 then return redis.pcall('GET', KEYS[1]) end
return last
