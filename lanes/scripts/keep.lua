-- Keeps a value until it expires. It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: key; ARGV[3]: value; ARGV[4]: ms
redis.call('DEL', ARGV[2])
redis.call('SET', ARGV[2], ARGV[3], 'PX', ARGV[4])
return redis.status_reply('OK')
