-- needs: base, checks, common, archive
-- Seal the leading pieces of one hour as the batch that becomes the archive's next file, unless a batch is sealed already.
-- They are sealed when their hour is over, or when all pieces take the bytes of a batch.
-- ARGV[2]: {the most bytes of a batch, the most pieces, a name for this series of files where it has none}
-- returns {series, number of the batch}, or nil when there is nothing to write
local ask = cmsgpack.unpack(ARGV[2])
local most_bytes, most_pieces = check_whole(ask.bytes, 'bytes', 1), check_whole(ask.pieces, 'pieces', 1)
check_text(ask.series, 'series')
local HOUR, PART = 3600000, 500

local sealed = redis.call('LLEN', 'archive:sealed') > 0
local parts, pieces, bytes, hour, receipts = {}, 0, 0, nil, 0
while not sealed and pieces < most_pieces and bytes < most_bytes do
  local part = redis.call('LRANGE', 'archive:pieces', pieces, pieces + math.min(PART, most_pieces - pieces) - 1)
  local taken = {}
  for _, piece in ipairs(part) do
    local at, number = receipts_in(piece)
    hour = hour or math.floor(at / HOUR)
    if math.floor(at / HOUR) ~= hour or bytes >= most_bytes then break end
    taken[#taken + 1] = piece
    bytes, receipts = bytes + #piece + ARCHIVE_OVERHEAD, receipts + number
  end
  if #taken > 0 then parts[#parts + 1] = taken end
  pieces = pieces + #taken
  if #taken < PART then break end
end
local waiting = tonumber(redis.call('HGET', 'archive:kept', 'unsealed') or 0)
if not sealed and (pieces == 0 or (hour == math.floor(now / HOUR) and waiting < most_bytes)) then return nil end

if not sealed then
  redis.call('LTRIM', 'archive:pieces', pieces, -1)
  for _, part in ipairs(parts) do redis.call('RPUSH', 'archive:sealed', unpack(part)) end
  redis.call('HSETNX', 'archive:kept', 'series', ask.series)
  raise_counters('archive:kept', {batch = 1, unsealed = -bytes})
end
return redis.call('HMGET', 'archive:kept', 'series', 'batch')
