-- Removes dead letters for good; returns the ids of those that were still there.
-- ARGV[2]: {group, ids, as}, `as` being the counter that they end as: discarded, or forgotten_letters
local ask, gone = cmsgpack.unpack(ARGV[2]), {}
for _, id in ipairs(ask.ids) do
  if drop_letter(ask.group, id) then gone[#gone + 1] = id end
end
raise_counters('books:' .. ask.group, {[ask.as] = #gone})
return gone
