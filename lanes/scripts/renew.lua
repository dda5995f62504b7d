-- needs: base, checks, common, lane_checks
-- Prolong a lease that still has this token. Returns 1, or 0 when it is lost.
-- ARGV[2]: lane; ARGV[3]: token; ARGV[4]: lease, ms
local lane, ms = check_lane(ARGV[2], 'lane'), check_whole(tonumber(ARGV[4]), 'lease', 1)
if redis.call('HGET', meta_key(lane), 'token') ~= ARGV[3] then return 0 end
redis.call('ZREM', 'lanes:held', lane)
redis.call('ZADD', 'lanes:held', now + ms, lane)
return 1
