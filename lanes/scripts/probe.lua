-- Write one key that expires: whether scripts may run and writes are taken now.

redis.call('SET', 'once:probe', now, 'PX', 60000)
return 1
