-- needs: base, checks, common, archive
-- Remove the closed portion of this number: its file is written. Returns its number of receipts, 0 when it is gone already.
-- ARGV[2]: the number of the portion; ARGV[3]: how many of its receipts could not be read, and are in no file
local portion, lost = check_whole(tonumber(ARGV[2]), 'portion', 1), check_whole(tonumber(ARGV[3]), 'lost')
local pieces = redis.call('LRANGE', 'archive:closed', 0, -1)
if tonumber(redis.call('HGET', 'archive:kept', 'portion') or 0) ~= portion or #pieces == 0 then return 0 end
local receipts, bytes, first, last = 0, 0, nil, tonumber(redis.call('HGET', 'archive:kept', 'until') or 0)
for _, piece in ipairs(pieces) do
  local at, number = receipts_in(piece)
  first, last = math.min(first or at, at), math.max(last, at)
  receipts, bytes = receipts + number, bytes + #piece + ARCHIVE_OVERHEAD
end
if lost > receipts then refuse('more receipts are lost than there were') end

redis.call('DEL', 'archive:closed')
raise_counters('archive:kept', {receipts = -receipts, bytes = -bytes, archived = receipts - lost, lost = lost})
redis.call('HSETNX', 'archive:kept', 'since', first)
redis.call('HSET', 'archive:kept', 'until', last)
redis.call('HDEL', 'archive:kept', 'failing_since')
return receipts
