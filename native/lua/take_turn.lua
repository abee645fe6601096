-- Takes the next turn in a rotation other than the counter.
--
-- Begins with `#!lua`; after books.lua.
-- KEYS[1]  the book, by itself in its key
-- ARGV[1]  least_recent | proportional
-- ARGV[2]  now, in milliseconds since 1970
-- ARGV[3]… id and weight (1 to 1000) of each candidate, in order: 1 to 1000, all different
-- answers  { the winner's place among them from 0, what its stamp has become, what it was }
-- keeps    the key for 7 more days

local rotation, now = ARGV[1], whole(ARGV[2])
local ids, weights = {}, {}
for n = 3, #ARGV, 2 do
  ids[#ids + 1] = ARGV[n]
  weights[#weights + 1] = whole(ARGV[n + 1])
end
may_write(KEYS[1])
local book = open_book(KEYS[1], '', ids)
local at, stamp, was = take[rotation](book, ids, weights, now)
write_book(book, book_fields(book, ids))
return { at, stamp, was }
