-- needs: base, checks, common, lane_checks
-- Return a page of a lane, for a reader that goes through the lane while it moves: {place of the first chunk, chunks}.
-- No event ever gets a smaller place, so the reader misses none.
-- ARGV[2]: lane; ARGV[3]: the place to read from; ARGV[4]: chunks at most; ARGV[5]: bytes at most, or one chunk
local left = tonumber(redis.call('HGET', meta_key(ARGV[2]), 'left') or 0)
local at, count, bytes = math.max(0, tonumber(ARGV[3]) - left), 1, 0
local sizes = redis.call('LRANGE', sizes_key(ARGV[2]), at, at + tonumber(ARGV[4]) - 1)
for i, entry in ipairs(sizes) do
  local _, size = size_of(entry)
  bytes = bytes + size
  if bytes > tonumber(ARGV[5]) then break end
  count = i
end
return {left + at, redis.call('LRANGE', lane_key(ARGV[2]), at, at + count - 1)}
