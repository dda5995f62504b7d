-- needs: base, checks
-- Keep a value until it expires. It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: key; ARGV[3]: value; ARGV[4]: ms
local key, value, ms = check_text(ARGV[2], 'key'), check_text(ARGV[3], 'value'), check_whole(tonumber(ARGV[4]), 'ms', 1)
redis.call('DEL', key)
redis.call('SET', key, value, 'PX', ms)
return redis.status_reply('OK')
