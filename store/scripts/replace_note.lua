-- needs: base, checks
-- Replace the note that was read. Returns 1, or 0, changing nothing, when the note is no longer as it was read.
-- ARGV[2]: connection; ARGV[3]: the note as it was read, empty for none; ARGV[4]: the new note
local connection, read, note = check_text(ARGV[2], 'connection'), check_text(ARGV[3], 'read'), check_text(ARGV[4], 'note')
if (redis.call('HGET', 'alerts:notes', connection) or '') ~= read then return 0 end
redis.call('HDEL', 'alerts:notes', connection)
redis.call('HSET', 'alerts:notes', connection, note)
return 1
