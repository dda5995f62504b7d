-- Puts a corrected dead letter in the place of the one that was read; returns 0, changing nothing, if that is no
-- longer there as it was. It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: {group, id, sha1 of the letter as read}; ARGV[3]: the corrected letter
local ask = cmsgpack.unpack(ARGV[2])
local store = 'letters:' .. ask.group
local stored = redis.call('HGET', store, ask.id)
if not stored or redis.sha1hex(stored) ~= ask.sha1 then return 0 end
redis.call('HDEL', store, ask.id)
redis.call('HSET', store, ask.id, ARGV[3])
return 1
