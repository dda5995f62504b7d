-- needs: base, checks, common, archive
-- Close the leading pieces of one hour as the portion that becomes the archive's next file, unless one is closed already.
-- They are closed when their hour is over, or when all pieces take the bytes of a portion.
-- ARGV[2]: {the most bytes of a portion, the most pieces, a name for this series of files where it has none}
-- returns {series, number of the portion}, or nil when there is nothing to write
local ask = cmsgpack.unpack(ARGV[2])
local most_bytes, most_pieces = check_whole(ask.bytes, 'bytes', 1), check_whole(ask.pieces, 'pieces', 1)
check_text(ask.series, 'series')
local PART = 500

local closed = redis.call('LLEN', 'archive:closed') > 0
local parts, pieces, bytes, hour = {}, 0, 0, nil
while not closed and pieces < most_pieces and bytes < most_bytes do
  local part = redis.call('LRANGE', 'archive:pieces', pieces, pieces + math.min(PART, most_pieces - pieces) - 1)
  local taken = {}
  for _, piece in ipairs(part) do
    local at = receipts_in(piece)
    hour = hour or math.floor(at / HOUR)
    if math.floor(at / HOUR) ~= hour or bytes >= most_bytes then break end
    taken[#taken + 1] = piece
    bytes = bytes + #piece + ARCHIVE_OVERHEAD
  end
  if #taken > 0 then parts[#parts + 1] = taken end
  pieces = pieces + #taken
  if #taken < PART then break end
end
local waiting = tonumber(redis.call('HGET', 'archive:kept', 'open') or 0)
if not closed and (pieces == 0 or (hour == math.floor(now / HOUR) and waiting < most_bytes)) then return nil end

if not closed then
  redis.call('LTRIM', 'archive:pieces', pieces, -1)
  for _, part in ipairs(parts) do redis.call('RPUSH', 'archive:closed', unpack(part)) end
  redis.call('HSETNX', 'archive:kept', 'series', ask.series)
  raise_counters('archive:kept', {portion = 1, open = -bytes})
end
return redis.call('HMGET', 'archive:kept', 'series', 'portion')
