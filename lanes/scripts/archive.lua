-- What waits for the archive: the pieces of ended items that scripts append, with the SHA-256 of each event's id.
-- The process that writes the archive closes the leading pieces into a portion, writes the portion as one file, and removes it.
-- A closed portion never changes, so a repetition writes the same file. `lanes/receipts/archive.py` describes the layout.

local ARCHIVE_HEADER, ARCHIVE_OVERHEAD = 12, 32
local ARCHIVED_ID = 32

-- Return the time and the number of receipts of a stored piece.
local function receipts_in(piece) return struct.unpack('>I8I4', piece) end

-- Remove the oldest pieces that are not closed until all take at most `budget` bytes; count their receipts as lost.
local function trim_archive(budget)
  while tonumber(redis.call('HGET', 'archive:kept', 'bytes') or 0) > budget do
    local piece = redis.call('LINDEX', 'archive:pieces', 0)
    if not piece then return end
    local _, number = receipts_in(piece)
    local bytes = #piece + ARCHIVE_OVERHEAD
    redis.call('LTRIM', 'archive:pieces', 1, -1)
    raise_counters('archive:kept', {receipts = -number, bytes = -bytes, open = -bytes, lost = number})
    redis.call('HSET', 'archive:kept', 'lost_at', now)
  end
end

-- Append a piece, dated now: SHA-256 digests, then what is said of them.
local function keep_for_archive(piece, number, budget)
  redis.call('RPUSH', 'archive:pieces', struct.pack('>I8I4', now, number) .. piece)
  local bytes = #piece + ARCHIVE_HEADER + ARCHIVE_OVERHEAD
  raise_counters('archive:kept', {receipts = number, bytes = bytes, open = bytes})
  trim_archive(budget)
end
