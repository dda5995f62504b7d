-- needs: base, checks
-- Write a key and remove it: scripts may run, and Redis accepts writes. No key is left.

redis.call('SET', 'once:probe', now)
redis.call('DEL', 'once:probe')
return 1
