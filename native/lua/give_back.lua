-- Gives back a turn that came to nothing.
--
-- Begins with `#!lua`; after books.lua.
-- KEYS[1]  the book, by itself in its key
-- ARGV[1]  least_recent | proportional
-- ARGV[2]  the winner's place among the candidates, from 0
-- ARGV[3]  what its stamp became
-- ARGV[4]  what it was
-- ARGV[5]… id and weight of each candidate, as when the turn was taken
-- answers  1, or 0 if nothing was changed, as where the winner was served again since
-- keeps    the key for 7 more days, if anything was changed

local rotation = ARGV[1]
local at, stamp, was = whole(ARGV[2]), whole(ARGV[3]), whole(ARGV[4])
local ids, weights = {}, {}
for n = 5, #ARGV, 2 do
  ids[#ids + 1] = ARGV[n]
  weights[#weights + 1] = whole(ARGV[n + 1])
end
may_write(KEYS[1])
local book = open_book(KEYS[1], '', ids)
if not book.opened or not give_back[rotation](book, ids, weights, at, stamp, was) then
  return 0
end
write_book(book, book_fields(book, ids))
return 1
