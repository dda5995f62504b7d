-- needs: base, checks, common, lane_checks, dead_letters
-- Replace a dead letter by a corrected one. Returns 1, or 0, changing nothing, when it is no longer as it was read.
-- It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: {connection, id, sha1 of the dead letter as read, whole: whether the corrected one needs no shared part}
-- ARGV[3]: the corrected dead letter
local ask, corrected = cmsgpack.unpack(ARGV[2]), check_text(ARGV[3], 'dead letter')
local store = 'dead_letters:' .. check_text(ask.connection, 'connection')
local stored = redis.call('HGET', store, check_text(ask.id, 'id'))
if not stored or redis.sha1hex(stored) ~= ask.sha1 then return 0 end
local held = dead_letter_bytes(ask.connection)
redis.call('HDEL', store, ask.id)
redis.call('HSET', store, ask.id, corrected)
local freed = ask.whole and release_shared(ask.connection, ask.id) or 0
set_dead_letter_bytes(ask.connection, held - #stored + #corrected - freed)
return 1
