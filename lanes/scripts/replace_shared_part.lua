-- needs: base, checks, common, lane_checks, dead_letters
-- Replace a part that dead letters share. Returns 1, or 0, changing nothing, when it is no longer as it was read.
-- It removes before it adds, so that it works at maxmemory.
-- ARGV[2]: {connection, id, sha1 of the part as read}; ARGV[3]: the new part
local ask, part = cmsgpack.unpack(ARGV[2]), check_text(ARGV[3], 'part')
local store = 'dead_letters:' .. check_text(ask.connection, 'connection') .. ':shared'
local stored = redis.call('HGET', store, check_text(ask.id, 'id'))
if not stored or redis.sha1hex(stored) ~= ask.sha1 then return 0 end
local held = dead_letter_bytes(ask.connection)
redis.call('HDEL', store, ask.id)
redis.call('HSET', store, ask.id, part)
set_dead_letter_bytes(ask.connection, held - #stored + #part)
return 1
