-- Throws dead letters away for good; returns the ids of those that were still there.
-- ARGV[2]: {group, ids}
local ask, gone = cmsgpack.unpack(ARGV[2]), {}
for _, id in ipairs(ask.ids) do
  if drop_letter(ask.group, id) then gone[#gone + 1] = id end
end
raise_counters('books:' .. ask.group, {discarded = #gone})
return gone
