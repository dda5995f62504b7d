-- Lengthens a lease that is still this token's: 1, or 0.  ARGV[2]: lane; ARGV[3]: token; ARGV[4]: lease, ms
local lane = ARGV[2]
if redis.call('HGET', meta_key(lane), 'token') ~= ARGV[3] then return 0 end
redis.call('ZREM', 'lanes:held', lane)
redis.call('ZADD', 'lanes:held', now + tonumber(ARGV[4]), lane)
return 1
