-- needs: base, checks
-- Write a key and remove it: whether scripts may run and writes are taken now. Nothing is left.

redis.call('SET', 'once:probe', now)
redis.call('DEL', 'once:probe')
return 1
