-- needs: base, checks, common, lane_checks
-- Record, before a POST, how many leading chunks are in it. Returns 1, or 0 when the lease is lost.
-- ARGV[2]: lane; ARGV[3]: token; ARGV[4]: head; ARGV[5]: chunks
local meta = meta_key(check_lane(ARGV[2], 'lane'))
local asked, chunks = check_whole(tonumber(ARGV[4]), 'head'), check_whole(tonumber(ARGV[5]), 'chunks', 1)
local token, head = unpack(redis.call('HMGET', meta, 'token', 'head'))
if token ~= ARGV[3] or tonumber(head or 0) ~= asked then return 0 end
redis.call('HDEL', meta, 'posted')
redis.call('HSETNX', meta, 'posted_at', now)
redis.call('HSET', meta, 'posted', chunks)
return 1
