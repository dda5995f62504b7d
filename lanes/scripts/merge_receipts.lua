-- needs: base, checks, common, archive, receipts
-- Put a block in the place of the leading pieces of receipts that it was merged from.
-- Returns 1, or 0, changing nothing, when those pieces are no longer the leading ones.
-- ARGV[2]: {place of the first piece, pieces, number of receipts, bytes of memory that the block takes, budget}
-- ARGV[3]: the block
local ask, block = cmsgpack.unpack(ARGV[2]), check_text(ARGV[3], 'block')
for _, name in ipairs({'place', 'pieces', 'receipts', 'bytes'}) do check_whole(ask[name], name, name == 'place' and 0 or 1) end
check_whole(ask.budget, 'budget')
local left = tonumber(redis.call('HGET', 'receipts:kept', 'left') or 0)
local pieces = redis.call('LRANGE', 'receipts:pieces', 0, ask.pieces - 1)
if left ~= ask.place or #pieces ~= ask.pieces then return 0 end
local freed, number, newest = 0, 0, 0
for _, piece in ipairs(pieces) do
  local ended, receipts = receipts_in(piece)
  freed, number, newest = freed + #piece + PIECE_OVERHEAD, number + receipts, math.max(newest, ended)
end
if number ~= ask.receipts then refuse('the block has other receipts than its pieces') end

redis.call('LTRIM', 'receipts:pieces', ask.pieces, -1)
redis.call('SET', 'receipts:block:' .. ask.place, block)
redis.call('RPUSH', 'receipts:blocks', string.format('%d:%d:%d:%d', ask.place, number, ask.bytes, newest))
raise_counters('receipts:kept', {left = ask.pieces, bytes = ask.bytes - freed, pieces = -freed})
trim_receipts(ask.budget)
return 1
