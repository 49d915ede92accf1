-- Tells how far a client is. What is no session counts as none: who has the client will find it lost, and makes it anew (restore_session.lua).
--
-- KEYS: 1 session:<client_id>
-- Returns segments, committed (seconds), seq and released, '0' where there is none, and the names of the fields
-- "translating:<language>:<segment>" (finish.lua).

local numbers, names = {}, {}
if is_session(KEYS[1]) then
  numbers, names = redis.call('HMGET', KEYS[1], 'segments', 'committed', 'seq', 'released'), redis.call('HKEYS', KEYS[1])
end
local reply = {}
for i = 1, 4 do
  reply[i] = numbers[i] or '0'
end
for _, name in ipairs(names) do
  if #name < 64 and string.find(name, '^translating:[^:]+:%d+$') then
    reply[#reply + 1] = name
  end
end
return reply
