-- needs: base
-- Return fields of hashes in the order they are asked for, up to a number of bytes; at least one is returned.
-- A field that is not there is nil. The caller asks again for the rest.
-- ARGV[2]: {most_bytes, wanted}; `wanted` has pairs {hash, field}
local ask, found, bytes = cmsgpack.unpack(ARGV[2]), {}, 0
for i, wanted in ipairs(ask.wanted) do
  bytes = bytes + redis.call('HSTRLEN', wanted[1], wanted[2])
  if i > 1 and bytes > ask.most_bytes then break end
  found[i] = redis.call('HGET', wanted[1], wanted[2])
end
return found
