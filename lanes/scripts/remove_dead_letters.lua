-- needs: base, checks, common, lane_checks, dead_letters, archive, receipts
-- Remove dead letters for good. Returns the ids of those that were there.
-- ARGV[2]: {connection, ids, counter, receipts = {number, budget} of each}; the counter of the ledger is
-- dead_letters_discarded or dead_letters_erased; ARGV[3...]: the receipt of each, where the number is not 0
local ask, gone, receipts = cmsgpack.unpack(ARGV[2]), {}, {}
check_text(ask.connection, 'connection')
check_text(ask.counter, 'counter')
for i, id in ipairs(ask.ids) do
  receipts[check_text(id, 'id')] = check_receipts(ask.receipts, ARGV[2 + i])
end
local held = dead_letter_bytes(ask.connection)
for _, id in ipairs(ask.ids) do
  local freed = drop_dead_letter(ask.connection, id)
  if freed then
    gone[#gone + 1], held = id, held - freed
    keep_receipts(receipts[id])
  end
end
if #gone == 0 then return gone end
raise_counters('ledger:' .. ask.connection, {[ask.counter] = #gone})
set_dead_letter_bytes(ask.connection, held)
return gone
