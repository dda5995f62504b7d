-- Reads several things at one instant, also at maxmemory, where Redis 6.2 refuses any MULTI.
-- ARGV[2]: reading commands, each a list of words; returns Redis's time in ms, then each command's reply
local replies = {now}
for i, command in ipairs(cmsgpack.unpack(ARGV[2])) do replies[i + 1] = redis.call(unpack(command)) end
return replies
