-- needs: base, checks, common, lane_checks, dead_letters
-- Removes dead letters for good; returns the ids of those that were still there.
-- ARGV[2]: {group, ids, as}, `as` being the counter that they end as: discarded, or forgotten_letters
local ask, gone = cmsgpack.unpack(ARGV[2]), {}
check_text(ask.group, 'group')
check_text(ask.as, 'as')
for _, id in ipairs(ask.ids) do check_text(id, 'id') end
local held = letter_bytes(ask.group)
for _, id in ipairs(ask.ids) do
  local freed = drop_letter(ask.group, id)
  if freed then gone[#gone + 1], held = id, held - freed end
end
if #gone == 0 then return gone end
raise_counters('books:' .. ask.group, {[ask.as] = #gone})
set_letter_bytes(ask.group, held)
return gone
