-- Puts a note on a group in the place of the one that was read: 1, or 0, changing nothing, if that is there no longer.
-- ARGV[2]: group; ARGV[3]: the note as it was read, empty for none; ARGV[4]: the new one
if (redis.call('HGET', 'watch:notes', ARGV[2]) or '') ~= ARGV[3] then return 0 end
redis.call('HDEL', 'watch:notes', ARGV[2])
redis.call('HSET', 'watch:notes', ARGV[2], ARGV[4])
return 1
