-- Takes, or lengthens, the turn of whoever watches the groups: 1, or 0 while it is somebody else's.
-- ARGV[2]: token; ARGV[3]: how long, ms; 0 gives the turn up
local holder = redis.call('GET', 'watch:turn')
if holder and holder ~= ARGV[2] then return 0 end
redis.call('DEL', 'watch:turn')
if tonumber(ARGV[3]) > 0 then redis.call('SET', 'watch:turn', ARGV[2], 'PX', ARGV[3]) end
return 1
