-- needs: base, checks, common, lane_checks, dead_letters
-- Puts a corrected dead letter in the place of the one that was read; returns 0, changing nothing, if that is no
-- longer there as it was. It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: {connection, id, sha1 of the letter as read, whole: whether the corrected one shares nothing any more}
-- ARGV[3]: the corrected letter
local ask, letter = cmsgpack.unpack(ARGV[2]), check_text(ARGV[3], 'dead letter')
local store = 'dead_letters:' .. check_text(ask.connection, 'connection')
local stored = redis.call('HGET', store, check_text(ask.id, 'id'))
if not stored or redis.sha1hex(stored) ~= ask.sha1 then return 0 end
local held = dead_letter_bytes(ask.connection)
redis.call('HDEL', store, ask.id)
redis.call('HSET', store, ask.id, letter)
local freed = ask.whole and release_shared(ask.connection, ask.id) or 0
set_dead_letter_bytes(ask.connection, held - #stored + #letter - freed)
return 1
